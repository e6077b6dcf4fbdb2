import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createHost, pairs, upstream, type HostOptions } from "../../harness/src";
import { decodeMessage, encodeMessage } from "../../harness/src/abi/protobuf";
import { buildFixture } from "../../scenario/fixture/build";
import { lines, probeHost } from "./probe";
import { ABI, i32, store, UNREACHABLE, wasm, write, type Fn } from "./wat";

// Sentences about single host calls (harness.md 5) that no probe of test/envoy shows.

const STATUS = 100;
const HEAP = 256;
const GIVE: Record<string, Fn> = { malloc: { params: "i", results: "i", body: i32(HEAP) } };

interface Call {
  name: string;
  module?: string;
  args: number[];
}

/** Instructions that make the calls in order; their statuses lie from STATUS on. */
function making(calls: Call[], first = 0): number[] {
  return calls.flatMap(({ args }, i) =>
    store(STATUS + 4 * (first + i), [...args.flatMap(i32), 0x10, first + i]),
  );
}

const importsOf = (calls: Call[]) =>
  calls.map(({ module, name, args }) => ({ module, name, params: "i".repeat(args.length), results: "i" })); // prettier-ignore

/** Makes calls in request headers; then reads statuses and memory. Cells from 32 to 48 hold 7 before. */
async function made(calls: Call[], before: number[] = [], exports: Record<string, Fn> = GIVE) {
  const sevens = [32, 36, 40, 44].flatMap((at) => store(at, i32(7)));
  const body = [...sevens, ...before, ...making(calls), ...i32(0)];
  const headers = { params: "iii", results: "i", body };
  const module = wasm({
    imports: importsOf(calls),
    exports: { ...ABI, ...exports, proxy_on_request_headers: headers },
  });
  await using host = await createHost({
    plugins: [{ wasm: module }],
    clusters: { backend: upstream().reply(200) },
    lifecycle: "single",
    strict: "off",
  });
  await host.fetch("http://a.test/");
  const { memory, failed } = host.workers[0]!.allVms[0]!;
  expect(failed).toBeNull();
  return {
    memory,
    logs: lines(host),
    statuses: calls.map((_, i) => memory.u32(STATUS + 4 * i)),
    cells: [32, 36, 40, 44].map((at) => memory.u32(at)),
  };
}

describe("results in memory", () => {
  test("the token of a refused HTTP call is cleared first", async () => {
    const name = "proxy_http_call";
    const { statuses, cells } = await made([{ name, args: [16, 1, 0, 0, 0, 0, 0, 0, 0, 32] }]);
    expect([statuses, cells]).toEqual([[2], [0, 7, 7, 7]]);
  });

  test("flags of a buffer are 0", async () => {
    const { cells } = await made([{ name: "proxy_get_buffer_status", args: [6, 32, 36] }]);
    expect(cells).toEqual([0, 0, 7, 7]);
  });

  test("an empty result is two zeros, and the allocator is left alone", async () => {
    const trapping = { malloc: { params: "i", results: "i", body: UNREACHABLE } };
    const calls = [
      { name: "proxy_get_buffer_bytes", args: [6, 0, 9, 32, 36] },
      { name: "proxy_get_header_map_pairs", args: [1, 40, 44] },
    ];
    const { statuses, cells } = await made(calls, [], trapping);
    expect([statuses, cells]).toEqual([[0, 0], [0, 0, 0, 0]]); // prettier-ignore
  });

  test("a foreign function's result may be unwanted; a refused one leaves zeros", async () => {
    const name = "proxy_call_foreign_function";
    const compress = [18, 8, 16, 3];
    const calls = [
      { name, args: [...compress, 0, 0] },
      { name, args: [...compress, 32, 36] },
      { name, args: [16, 10, 16, 0, 40, 44] },
    ];
    const { statuses, cells } = await made(calls, write(16, "uncompress"));
    expect(statuses).toEqual([0, 0, 3]);
    expect(cells).toEqual([HEAP, expect.toSatisfy((n: number) => n > 7), 0, 0]);
  });
});

describe("WASI", () => {
  const module = "wasi_snapshot_preview1";

  test("pieces are one line, without the line feed at its end", async () => {
    const vectors = [
      ...write(16, "ab\n\n"),
      ...[16, 1, 17, 3].flatMap((n, i) => store(64 + 4 * i, i32(n))),
    ];
    const { logs, cells } = await made([{ module, name: "fd_write", args: [1, 64, 2, 32] }], vectors); // prettier-ignore
    expect([logs, cells[0]]).toEqual([["ab\n"], 4]);
  });

  test("what a file and a clock are said to be", async () => {
    const calls = [
      { module, name: "fd_fdstat_get", args: [1, HEAP] },
      { module, name: "clock_res_get", args: [0, 32] },
      { module, name: "args_sizes_get", args: [40, 44] },
    ];
    const { memory, cells } = await made(calls);
    expect([...memory.read(HEAP, 24)]).toEqual([...Array<number>(8).fill(0), 64, ...Array<number>(15).fill(0)]); // prettier-ignore
    expect(cells).toEqual([1, 0, 0, 0]);
  });
});

describe("ABI 0.1.0", () => {
  async function old(exports: (importing: number) => Record<string, Fn>, calls: Call[], options: Partial<HostOptions> = {}) {
    const bytes = wasm({
      imports: importsOf(calls),
      exports: { proxy_abi_version_0_1_0: {}, ...GIVE, ...exports(calls.length) },
    });
    return await createHost({
      lifecycle: "single",
      strict: "off",
      clusters: { backend: upstream().reply(204) },
      plugins: [{ wasm: bytes, config: "abc", vmConfig: "vm" }],
      ...options,
    });
  } // prettier-ignore

  test("proxy_get_configuration is the plugin's while it is configured, else the VM's", async () => {
    const name = "proxy_get_configuration";
    const calls = [{ name, args: [32, 36] }, { name, args: [40, 44] }]; // prettier-ignore
    await using host = await old(
      () => ({
        proxy_on_configure: { params: "ii", results: "i", body: [...making(calls.slice(0, 1)), ...i32(1)] },
        proxy_on_request_headers: { params: "ii", results: "i", body: [...making(calls.slice(1), 1), ...i32(0)] },
      }),
      calls,
    ); // prettier-ignore
    await host.fetch("http://a.test/");
    const { memory } = host.workers[0]!.allVms[0]!;
    expect([memory.u32(36), memory.u32(44)]).toEqual([3, 2]);
    expect(memory.text(HEAP, 2)).toBe("vm");
  });

  test.each([
    ["proxy_continue_request", "proxy_on_request_headers"],
    ["proxy_continue_response", "proxy_on_response_headers"],
  ])("%s releases what %s holds", async (name, callback) => {
    const calls = [{ name, args: [] }];
    const holding = (body: number[]) => () => ({
      [callback]: { params: "ii", results: "i", body: [...body, ...i32(4)] },
    });
    await using host = await old(holding(making(calls)), calls);
    expect((await host.fetch("http://a.test/")).status).toBe(204);
    await using held = await old(holding([]), calls);
    const stream = held.stream("GET http://a.test/");
    expect(await stream.headers({ end: true })).toMatchObject({ paused: true });
    await stream.abort();
  });

  test.each([true, false])(
    "proxy_clear_route_cache: the route is chosen again: %s",
    async (clears) => {
      const calls = [{ name: "proxy_clear_route_cache", args: [] }];
      const body = [...(clears ? making(calls) : []), ...i32(0)];
      const bytes = wasm({
      imports: importsOf(calls),
      exports: { proxy_abi_version_0_1_0: {}, ...GIVE, proxy_on_request_headers: { params: "ii", results: "i", body } },
    }); // prettier-ignore
      await using host = await createHost({
      plugins: [{ native: { requestHeaders: (h) => h.set("x", "1") } }, { wasm: bytes }],
      routes: [{ name: "other", match: { headers: { x: "1" } } }, { name: "usual" }].map((route) => ({ ...route, cluster: "backend" })),
      clusters: { backend: upstream().reply(200) },
    }); // prettier-ignore
      expect((await host.fetch("http://a.test/")).route).toBe(clears ? "other" : "usual");
    },
  );
});

test("a serialized list may have NUL in its values and holds at most 1024 pairs and 1 MiB", () => {
  expect(pairs.decode(pairs.encode([["a", "1\0\0x"]]))).toEqual([["a", "1\0\0x"]]);
  const largest = (1 << 20) - 4 - 8 - 2 - 1;
  const list = (size: number) => pairs.encode([["a", "x".repeat(size)]]);
  expect(pairs.decode(list(largest))).toHaveLength(1);
  expect(pairs.decode(list(largest + 1))).toBeNull();
  const many = (count: number) => pairs.encode(Array<[string, string]>(count).fill(["a", ""]));
  expect(pairs.decode(many(1024))).toHaveLength(1024);
  expect(pairs.decode(many(1025))).toBeNull();
});

describe("numbers", () => {
  const results = async (ops: string) => {
    await using host = await probeHost({ request_headers: ops });
    await host.fetch("http://a.test/");
    return lines(host).map((line) => line.split(" = ")[1]);
  };

  test("counters are unsigned and go round; an id of no kind is refused", async () => {
    const ops = "mdef 0 c; mrec 4 -1; mget 4; minc 4 2; mget 4; minc 7 1";
    expect(await results(ops)).toEqual(["0 4", "0", "0 18446744073709551615", "0", "0 1", "2"]);
  });

  test("stamps of shared data come from one counter, whatever the key", async () => {
    const ops = "sset a x 0; sset b y 0; sset a z 0; sget a; sget b";
    expect(await results(ops)).toEqual(["0", "0", "0", "0 'z' 3", "0 'y' 2"]);
  });

  test.each([
    ["0", "0"],
    ["16", "16"],
    ["17", "7"],
    ["-1", "7"],
  ])("a reply to gRPC with status %s says %s", async (given, said) => {
    await using host = await probeHost({ request_headers: `reply 403 no why x=1 ${given}` });
    const headers = { "content-type": "application/grpc" };
    const answer = await host.fetch("http://a.test/", { headers, body: "x" });
    expect(answer.headers.get("grpc-status")).toBe(said);
  });
});

test("the effective context lasts until its callback returns", async () => {
  await using host = await probeHost(
    {
      "request_headers#1": "call auth / 0; call auth / 0; ret 4",
      "http_call#1": "eff; get 0 :path; get 0 :path",
      "http_call#2": "get 0 :path; eff; cont 0",
    },
    { clusters: { backend: upstream().reply(200), auth: upstream().reply(200) } },
  );
  await host.fetch("http://a.test/p");
  const got = lines(host).filter((line) => line.startsWith("http_call get"));
  expect(got.map((line) => line.split(" = ")[1])).toEqual(["0 '/p'", "0 '/p'", "2 null"]);
});

test("an answer can be read after further calls", async () => {
  await using host = await probeHost(
    {
      "request_headers#1": "call auth / 0; ret 4",
      "http_call#1": "call auth / 0; get 6 :status; buf 4 0 9; eff; cont 0",
    },
    { clusters: { backend: upstream().reply(200), auth: upstream().reply(201, { body: "yes" }) } },
  );
  await host.fetch("http://a.test/");
  expect(lines(host)).toEqual(expect.arrayContaining(["http_call get 6 :status = 0 '201'", "http_call buf 4 0 9 = 0 'yes'"])); // prettier-ignore
});

test("what the canary stored stays", async () => {
  const script = { configure: "sget k; sset k v 0" };
  await using host = await probeHost(script, { lifecycle: "envoy" });
  const got = host.logs.flatMap(({ vm, text }) => (text.includes("sget") ? [`${vm}${text.slice(16)}`] : [])); // prettier-ignore
  expect(got).toEqual(["canary = 1 null 0", "main = 0 'v' 1", "worker0 = 0 'v' 2"]);
});

test.each([204, 304])("an answer %i has no body callback", async (status) => {
  await using host = await probeHost(
    { args: "1" },
    { clusters: { backend: upstream().reply(status) } },
  );
  await host.fetch("http://a.test/");
  const got = lines(host).filter((line) => line.startsWith("response_"));
  expect(got).toEqual([expect.stringMatching(/^response_headers\(\d+, 1\)$/)]);
});

describe("signatures", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = (key: KeyObject, type: "spki" | "pkcs8") => new Uint8Array(key.export({ format: "der", type })); // prettier-ignore
  const pem = (key: KeyObject, type: "spki" | "pkcs8") => Buffer.from(key.export({ format: "pem", type })); // prettier-ignore
  const bytes = (text: string) => new Uint8Array(Buffer.from(text));

  /** Status and result of a foreign function. */
  async function foreign(name: string, fields: Record<number, Uint8Array>) {
    const message = encodeMessage(Object.entries(fields).map(([n, value]) => [Number(n), value]));
    const escaped = [...message].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    await using host = await createHost({
      plugins: [{ wasm: await buildFixture("probe"), config: `request_headers foreign ${name} ${escaped}` }],
      clusters: { backend: upstream().reply(200) },
      lifecycle: "single",
      strict: "off",
    }); // prettier-ignore
    await host.fetch("http://a.test/");
    const [, status = "", hex = ""] = / = (\d+) ?([0-9a-f]*)$/.exec(lines(host).find((line) => line.includes(" = "))!)!; // prettier-ignore
    return { status: Number(status), fields: decodeMessage(Buffer.from(hex, "hex"))! };
  }

  const signed = async () => {
    const key = { 2: der(privateKey, "pkcs8") };
    const { fields } = await foreign("sign", { 1: bytes("sha256"), ...key, 3: bytes("text") });
    return fields.get(2)![0] as Uint8Array;
  };

  test("what is signed is verified, with keys of either form", async () => {
    const made = await foreign("sign", { 1: bytes("sha256"), 4: pem(privateKey, "pkcs8"), 3: bytes("text") }); // prettier-ignore
    expect(made.fields.get(1)).toEqual([1n]);
    expect(made.fields.get(2)).toEqual([await signed()]);
    const rest = { 1: bytes("sha256"), 3: await signed(), 4: bytes("text") };
    const keys: Record<number, Uint8Array>[] = [
      { 2: der(publicKey, "spki") },
      { 5: pem(publicKey, "spki") },
    ];
    for (const key of keys) {
      const { status, fields } = await foreign("verify_signature", { ...rest, ...key });
      expect([status, fields.get(1)]).toEqual([0, [1n]]);
    }
  });

  test("a signature of something else is Ok and false; two keys are none", async () => {
    const rest = { 1: bytes("sha256"), 3: await signed(), 4: bytes("other") };
    const one = { 2: der(publicKey, "spki") };
    const { status, fields } = await foreign("verify_signature", { ...rest, ...one });
    expect([status, fields.get(1)]).toEqual([0, undefined]);
    const two = { ...one, 5: pem(publicKey, "spki") };
    expect((await foreign("verify_signature", { ...rest, ...two })).status).toBe(2);
  });
});
