import { describe, expect, test } from "vitest";
import { createHost, upstream, type ProfileName } from "../../harness/src";
import { envFunctions } from "../../harness/src/abi/calls";
import type { HostFunction } from "../../harness/src/abi/guest";
import { wasiFunctions } from "../../harness/src/abi/wasi";
import { call, MALLOC, wasm, type Fn } from "./wat";

// Which host calls may be made while a module starts, and while it gives the host memory (harness.md
// 3.7 and 3.8).

const DROP = 0x1a;
const WASI = "wasi_snapshot_preview1";
const IN_START = ["proxy_log", "emscripten_notify_memory_growth"];
const NOT_IN_START = ["fd_close", "fd_seek", "fd_read", "path_open", "proc_exit", "sched_yield"];
const IN_ALLOCATOR = ["proxy_log", "fd_write", "clock_time_get", "poll_oneoff"];

const FUNCTIONS = [
  ...Object.entries(envFunctions).map(([name, fn]) => ["env", name, fn] as const),
  ...Object.entries(wasiFunctions).map(([name, fn]) => [WASI, name, fn] as const),
].filter(([, , fn]) => !fn.higress);

/** Calls the first import with zeros and forgets what it answers. */
function zeros({ params, results }: HostFunction): number[] {
  const values = [...params].flatMap((type) => [type === "I" ? 0x42 : 0x41, 0]);
  return [...values, 0x10, 0, ...(results === "" ? [] : [DROP])];
}

/** How a module fares that calls a function in one of its own; null: well. */
async function fate(
  module: string,
  name: string,
  exports: (body: number[]) => Record<string, Fn>,
  profile: ProfileName = "envoy-1.40",
): Promise<string | null> {
  const fn = { ...envFunctions, ...wasiFunctions }[name]!;
  const { params, results } = fn;
  const version = fn.abi?.[0] ?? "0_2_1";
  const bytes = wasm({
    imports: [
      { module, name, params, results },
      { name: "proxy_get_header_map_pairs", params: "iii", results: "i" },
    ],
    exports: { [`proxy_abi_version_${version}`]: {}, ...exports(zeros(fn)) },
  });
  try {
    await using host = await createHost({
      profile,
      plugins: [{ wasm: bytes }],
      clusters: { backend: upstream().reply(200) },
      lifecycle: "single",
      strict: "off",
    });
    await host.fetch("http://a.test/");
    return host.workers[0]!.allVms[0]!.failed;
  } catch (error) {
    return String(error);
  }
}

const starting = (body: number[]): Record<string, Fn> => ({ ...MALLOC, _start: { body } });

/** All headers of the request are asked for, and the allocator makes the call. */
const giving =
  (params: string) =>
  (body: number[]): Record<string, Fn> => ({
    malloc: { params: "i", results: "i", body: [...body, 0x41, 0x80, 0x02] },
    proxy_on_request_headers: { params, results: "i", body: call(1, 0, 32, 36) },
  });

describe("while a module starts", () => {
  test.each(FUNCTIONS)("%s.%s", async (module, name) => {
    const may = module === "env" ? IN_START.includes(name) : !NOT_IN_START.includes(name);
    const how = await fate(module, name, starting);
    if (may) expect(how).toBeNull();
    else expect(how).toContain("Uncaught Error: restricted_callback");
  });
});

describe("while the allocator runs", () => {
  test.each(FUNCTIONS)("%s.%s", async (module, name, { abi }) => {
    const exports = giving(abi?.[0] === "0_1_0" ? "ii" : "iii");
    const how = await fate(module, name, exports);
    if (IN_ALLOCATOR.includes(name)) expect(how).toBeNull();
    else expect(how).toBe("Function: malloc failed: Uncaught Error: restricted_callback");
    expect(await fate(module, name, exports, "higress-2.1")).toBeNull();
  });
});
