import { mkdirSync, writeFileSync } from "node:fs";
import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, MALLOC, wasm } from "../unit/harness/wat.js";
import { ProbeListeners } from "./probe-listeners.js";

// harness.md 5.9: what each WASI function answers, and 5.3: what old modules call. A module calls one
// of them and replies with the answer on top of this status, so that the client reads it.
const BASE = 200;
const ADDRESS = [0x41, 0x80, 0x08];

/** Parameters (`i` 32 bits, `I` 64, `f` file 2) and errno; a second one is that of another file than 1 and 2. */
const FUNCTIONS: Record<string, [params: string, errno: number, other?: number]> = {
  args_get: ["ii", 0],
  args_sizes_get: ["ii", 0],
  clock_res_get: ["ii", 0, 58],
  clock_time_get: ["iIi", 0, 58],
  environ_get: ["ii", 0],
  environ_sizes_get: ["ii", 0],
  fd_advise: ["iIIi", 0, 0],
  fd_allocate: ["iII", 0, 8],
  fd_close: ["i", 0, 0],
  fd_datasync: ["i", 0, 8],
  fd_fdstat_get: ["ii", 0, 8],
  fd_fdstat_set_flags: ["ii", 52, 52],
  fd_fdstat_set_rights: ["iII", 0, 8],
  fd_filestat_get: ["ii", 8, 8],
  fd_filestat_set_size: ["iI", 0, 8],
  fd_filestat_set_times: ["iIIi", 0, 8],
  fd_pread: ["iiiIi", 52, 52],
  fd_prestat_dir_name: ["iii", 52, 52],
  fd_prestat_get: ["ii", 8, 8],
  fd_pwrite: ["iiiIi", 0, 8],
  fd_read: ["iiii", 52, 52],
  fd_readdir: ["iiiIi", 20, 20],
  fd_renumber: ["if", 58, 8],
  fd_seek: ["iIii", 0, 0],
  fd_sync: ["i", 0, 8],
  fd_tell: ["ii", 0, 8],
  fd_write: ["iiii", 0, 8],
  path_create_directory: ["iii", 58],
  path_filestat_get: ["iiiii", 58],
  path_filestat_set_times: ["iiiiIIi", 58],
  path_link: ["iiiiii", 58],
  path_open: ["iiiiiIIii", 44],
  path_readlink: ["iiiiii", 58],
  path_remove_directory: ["iii", 58],
  path_rename: ["iiiiii", 58],
  path_symlink: ["iiii", 58],
  path_unlink_file: ["iii", 58],
  poll_oneoff: ["iiii", 0],
  random_get: ["ii", 0],
  sched_yield: ["", 0],
  sock_accept: ["iii", 58],
  sock_recv: ["iiiiii", 58],
  sock_send: ["iiiii", 58],
  sock_shutdown: ["ii", 58],
};
const OTHER = 3;

/** Every function, of both names of the module, and for both kinds of files. */
const CASES = Object.entries(FUNCTIONS).flatMap(([name, [params, errno, other]]) => {
  const first = { module: "wasi_snapshot_preview1", name, params, file: 1, errno };
  const old = { ...first, module: "wasi_unstable" };
  return [first, old, ...(other === undefined ? [] : [{ ...first, file: OTHER, errno: other }])];
});

/** Others of module `env`: parameters, constants, result, and the ABI it is asked under. */
const OTHERS: [name: string, params: string, constants: number[], result: number, abi: string][] = [
  ["pthread_equal", "ii", [3, 3], 1, "0_2_1"],
  ["pthread_equal", "ii", [3, 4], 0, "0_2_1"],
  ["proxy_get_header_map_value", "iiiii", [0, 16, 1, 32, 36], 1, "0_2_1"],
  // ABI 0.1.0 does not tell a header that is absent from an empty one.
  ["proxy_get_header_map_value", "iiiii", [0, 16, 1, 32, 36], 0, "0_1_0"],
  ["proxy_get_configuration", "ii", [32, 36], 0, "0_1_0"],
  ["proxy_clear_route_cache", "", [], 0, "0_1_0"],
  ["proxy_continue_request", "", [], 0, "0_1_0"],
  ["proxy_get_status", "iii", [32, 36, 40], 0, "0_1_0"],
  ...badPointers(),
];

/**
 * harness.md 5.1: calls with a pointer that leads nowhere, one at a time; the other ones are fine. In
 * the pattern `p` is the start of a byte to read, `o` of a result, a digit that number. Pointers for
 * results are looked at when there is one: behind `=` stands why there is none.
 */
function badPointers(): typeof OTHERS {
  const FAR = 0x7f; // i32.const -1
  const patterns = {
    proxy_log: "2p1",
    proxy_get_log_level: "o",
    proxy_get_property: "p1oo=1",
    proxy_set_property: "p1p1",
    proxy_get_buffer_bytes: "609oo",
    proxy_get_buffer_status: "6oo",
    proxy_set_buffer_bytes: "000p1",
    proxy_get_header_map_value: "0p1oo=1",
    proxy_add_header_map_value: "0p1p1",
    proxy_replace_header_map_value: "0p1p1",
    proxy_remove_header_map_value: "0p1",
    proxy_get_header_map_pairs: "0oo",
    proxy_set_header_map_pairs: "0p1",
    proxy_get_header_map_size: "0o",
    proxy_http_call: "p1p1p1p10o",
    proxy_grpc_call: "p1p1p1p1p10o=4",
    proxy_grpc_stream: "p1p1p1p1o=4",
    proxy_grpc_send: "5p10",
    proxy_get_status: "ooo",
    proxy_get_current_time_nanoseconds: "o",
    proxy_get_shared_data: "p1ooo=1",
    proxy_set_shared_data: "p1p10",
    proxy_register_shared_queue: "p1o",
    proxy_resolve_shared_queue: "p1p1o=1",
    proxy_enqueue_shared_queue: "1p1",
    proxy_dequeue_shared_queue: "9oo=1",
    proxy_define_metric: "0p1o",
    proxy_get_metric: "4o=1",
    proxy_call_foreign_function: "p1p1oo=1",
  };
  return Object.entries(patterns).flatMap(([name, row]) => {
    const [pattern = "", refusal = 6] = row.split("=");
    return [...pattern].flatMap((sign, bad): typeof OTHERS => {
      if (!"po".includes(sign)) return [];
      const status = sign === "p" ? 6 : Number(refusal);
      const constant = (one: string, i: number) =>
        i === bad ? FAR : one === "p" ? 16 : one === "o" ? 32 + 4 * (i % 4) : Number(one);
      return [[name, "i".repeat(pattern.length), [...pattern].map(constant), status, "0_2_1"]];
    });
  });
}

/** Calls one function and replies with what it answers. */
function replying(
  imported: { module?: string; name: string; params: string },
  values: number[],
  abi = "0_2_1",
): Uint8Array {
  const reply = call(1, 0, 0, 0, 0, 0, 0, 0x7f);
  const body = [
    ...[0x41, 0xc8, 0x01], // i32.const 200
    ...[...values, 0x10, 0, 0x6a], // + the answer
    ...[...reply, 0x1a, 0x41, 0], // drop what the reply answers, return Continue
  ];
  return wasm({
    imports: [
      { ...imported, results: "i" },
      { name: "proxy_send_local_response", params: "iiiiiiii", results: "i" },
    ],
    exports: {
      [`proxy_abi_version_${abi}`]: {},
      ...MALLOC,
      // Only from 0.2.0 on is the callback told whether the request ends.
      proxy_on_request_headers: { params: abi === "0_1_0" ? "ii" : "iii", results: "i", body },
    },
  });
}

/** A module that calls one WASI function and replies with its errno. */
function moduleOf({ module, name, params, file }: (typeof CASES)[number]): Uint8Array {
  const hasFile = FUNCTIONS[name]![2] !== undefined;
  const values = [...params].flatMap((type, i) =>
    type === "I"
      ? [0x42, 0]
      : type === "f"
        ? [0x41, 2]
        : i === 0 && hasFile
          ? [0x41, file]
          : ADDRESS,
  );
  return replying({ module, name, params: params.replace("f", "i") }, values);
}

function constants(list: readonly number[]): number[] {
  return list.flatMap((value) => [0x41, value]);
}

let gate: ProbeListeners;
const files: string[] = [];
beforeAll(async () => {
  mkdirSync(".cache/unit", { recursive: true });
  const others = OTHERS.map(([name, params, list, , abi]) =>
    replying({ name, params }, constants(list), abi),
  );
  for (const [i, bytes] of [...CASES.map(moduleOf), ...others].entries()) {
    const file = `.cache/unit/answer-${i}.wasm`;
    writeFileSync(file, bytes);
    files.push(file);
  }
  gate = await ProbeListeners.start(
    files,
    files.map(() => []),
  );
}, 300_000);
afterAll(async () => await gate.stop());

/** Status that the client of the i-th module reads, in Envoy and in the harness. */
async function answers(i: number): Promise<[number, number]> {
  const real = (await gate.send(i)).status;
  await using host = await createHost({
    plugins: [{ wasm: files[i]! }],
    clusters: { backend: upstream().reply(200) },
    strict: { S03: "off", S12: "off" },
  });
  return [real, (await host.fetch("/a")).status];
}

describe("WASI answers the same in Envoy and in the harness", () => {
  test.each(CASES.map((one, i) => [`${one.module}.${one.name}(${one.file})`, i] as const))(
    "%s",
    async (_, i) => {
      const expected = BASE + CASES[i]!.errno;
      expect(await answers(i)).toEqual([expected, expected]);
    },
  );
});

describe("old calls answer the same in Envoy and in the harness", () => {
  test.each(
    OTHERS.map(([name, , list, , abi], i) => [`${name}(${list.join()}), ABI ${abi}`, i] as const),
  )("%s", async (_, i) => {
    const expected = BASE + OTHERS[i]![3];
    expect(await answers(CASES.length + i)).toEqual([expected, expected]);
  });
});
