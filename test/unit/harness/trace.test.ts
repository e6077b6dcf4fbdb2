import { describe, expect, test } from "vitest";
import { upstream, type TraceEvent } from "../../harness/src";
import "../../harness/src/vitest";
import { probeHost, type ProbeOptions, type Script } from "./probe";

const BUSY: Script = {
  request_headers: "get 0 x-request-id; pairs 0; random 8; call auth / 0; ret 4",
  http_call: "eff; add 0 x-late 1; cont 0",
  response_body: "mdef 0 c; minc 4 1; ret 0",
};

/** One request that waits for a callout, on a clock that stands still until told. */
async function busy(options: ProbeOptions = {}, script: Script = BUSY) {
  const clusters = {
    backend: upstream().reply(200, { chunks: ["o", "k"] }),
    auth: upstream().after(5).reply(204),
  };
  const host = await probeHost(script, { clusters, ...options });
  await host.fetch("http://a.test/v1", { body: "abc" }).settle();
  return host;
}

const all = (host: Awaited<ReturnType<typeof busy>>): string[] => {
  const trace = host.trace!;
  return [
    trace.toString(),
    trace.toSnapshot(),
    trace.toJsonl(),
    trace.toChrome(),
    trace.toEnvoyLog(),
  ];
};

describe("one list of events", () => {
  test("equal seeds give equal bytes, another seed does not", async () => {
    await using first = await busy({ seed: 3 });
    await using second = await busy({ seed: 3 });
    await using other = await busy({ seed: 4 });
    expect(all(second)).toEqual(all(first));
    expect(other.trace!.toJsonl()).not.toBe(first.trace!.toJsonl());
    expect(other.trace!.toSnapshot()).toBe(first.trace!.toSnapshot());
  });

  test("every kind, in the order it happened", async () => {
    await using host = await busy();
    expect(new Set(host.trace!.events.map(({ kind }) => kind))).toEqual(
      new Set(["call", "return", "host", "status", "action", "wire", "log"]),
    );
    expect(host.trace).toContainTrace([
      "wire client sends headers [:authority :path=/v1 :method=POST",
      "vm probe#2 → proxy_on_request_headers(",
      'proxy_get_header_map_value(request headers, "x-request-id") = Ok, 36 bytes',
      'proxy_http_call("auth", [',
      "vm probe#2 ← proxy_on_request_headers 4",
      "wire auth gets headers",
      "wire auth sends headers [:status=204]",
      "vm probe#1 → proxy_on_http_call_response(",
      'proxy_add_header_map_value(request headers, "x-late", 1 bytes) as #2 = Ok',
      "proxy_continue_stream(request) as #2 = Ok",
      "vm probe#1 ← proxy_on_http_call_response",
      "vm probe#1   action continue request",
      "wire backend gets headers",
      "wire backend sends headers [:status=200",
      "wire client gets headers [:status=200",
      "wire client gets body 1",
    ]);
    const { seqs, times } = host.trace!.events.reduce(
      (sum, { seq, at }) => ({ seqs: [...sum.seqs, seq], times: [...sum.times, at] }),
      { seqs: [] as number[], times: [] as number[] },
    );
    expect(seqs).toEqual(seqs.map((_, i) => i));
    expect(times.at(-1)! - times[0]!).toBe(5);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("violations and traps", async () => {
    await using host = await probeHost({ request_headers: "get 2 a; trap" });
    await host.fetch("http://a.test/");
    expect(host.trace!.toString()).toMatch(
      /violation S08 probe: [\s\S]* {3}trap proxy_on_request_headers Function: proxy_on_request_headers failed/,
    );
  });

  test("a host call cut off by a trap has no exit", async () => {
    await using host = await probeHost({ request_headers: "get 0 :path" });
    host.inject.trap("proxy_get_header_map_value");
    host.trace!.clear();
    await host.fetch("http://a.test/");
    const of = (kind: TraceEvent["kind"]) =>
      host.trace!.events.filter((e) => e.kind === kind && e.name === "proxy_get_header_map_value");
    expect([of("host").length, of("host")[0]?.ended, of("status").length]).toEqual([
      1,
      undefined,
      0,
    ]);
    expect(host.trace!.toEnvoyLog()).not.toContain("[host<-vm] proxy_on_request_headers");
  });
});

describe("Envoy's format", () => {
  test("modules, allocator, entry and exit around what happens inside", async () => {
    await using host = await busy();
    const lines = host.trace!.toEnvoyLog();
    expect(lines).toContain("[vm->host] wasi_snapshot_preview1.random_get(");
    expect(lines).toMatch(
      /\[vm->host\] env\.proxy_get_header_map_value\(0, \d+, 12, \d+, \d+\)\n\[host->vm\] (malloc|proxy_on_memory_allocate)\(36\)\n\[host<-vm\] \1 return: \d+\n\[vm<-host\] env\.proxy_get_header_map_value return: 0/,
    );
  });

  test("numbers have no sign, calls without a result are void", async () => {
    await using host = await probeHost({ request_headers: "reply 401 no why" });
    await host.fetch("http://a.test/");
    const lines = host.trace!.toEnvoyLog();
    expect(lines).toMatch(/env\.proxy_send_local_response\(401, .*, 4294967295\)/);
    expect(lines).toContain("[host<-vm] proxy_on_context_create return: void");
  });
});

describe("Chrome's format", () => {
  interface Entry {
    ph: string;
    name: string;
    ts: number;
    pid: number;
    tid: number;
  }
  const entries = (text: string) => (JSON.parse(text) as { traceEvents: Entry[] }).traceEvents;

  test.each([
    ["a whole run", BUSY, {}],
    ["a trap", { request_headers: "get 0 :path; trap" }, {}],
    ["the end of a run", BUSY, { trace: { ring: 25 } }],
  ] as [string, Script, ProbeOptions][])(
    "%s: beginnings and ends match",
    async (_, script, options) => {
      await using host = await busy(options, script);
      const open = new Map<string, string[]>();
      let last = 0;
      const list = entries(host.trace!.toChrome());
      expect(list.some(({ ph }) => ph === "B")).toBe(true);
      for (const { ph, name, ts, pid, tid } of list) {
        const stack = open.get(`${pid} ${tid}`) ?? [];
        open.set(`${pid} ${tid}`, stack);
        if (ph === "B") stack.push(name);
        if (ph === "E") expect(stack.pop()).toBe(name);
        expect(ph === "M" || ts >= last).toBe(true);
        if (ph !== "M") last = ts;
      }
      expect([...open.values()].flat()).toEqual([]);
    },
  );
});

describe("what is kept", () => {
  test("off: nothing", async () => {
    await using host = await busy({ trace: false });
    expect(host.trace).toBeNull();
  });

  test("the ring holds the latest", async () => {
    await using whole = await busy();
    await using short = await busy({ trace: { ring: 7 } });
    expect(short.trace!.events).toEqual(whole.trace!.events.slice(-7));
  });

  test.each([
    [{ kinds: ["wire"] }, ({ kind }: TraceEvent) => kind === "wire"],
    [{ names: /^proxy_http_call$/ }, ({ name }: TraceEvent) => name === "proxy_http_call"],
    [
      { plugins: ["probe"], kinds: ["call"] },
      (e: TraceEvent) => e.plugin === "probe" && e.kind === "call",
    ],
    [{ vms: ["vm"], kinds: ["log"] }, (e: TraceEvent) => e.vm === "vm" && e.kind === "log"],
  ] as const)("filter %j", async (trace, wanted) => {
    await using whole = await busy();
    await using part = await busy({ trace });
    const plain = ({ seq: _, ...rest }: TraceEvent) => rest;
    const expected = whole.trace!.events.filter(wanted).map(plain);
    expect(expected.length).toBeGreaterThan(0);
    expect(part.trace!.events.map(plain)).toEqual(expected);
  });
});

describe("snapshots", () => {
  test("ids, dates and pointers are replaced, a change is seen", async () => {
    await using host = await busy({ trace: { kinds: ["call", "return", "action", "wire"] } });
    expect(host.trace).toMatchTraceSnapshot();
    expect(host.trace!.toSnapshot()).not.toMatch(/\d{4}-\d\d-\d\d|0x[0-9a-f]{4}/);
  });

  test("context numbers do not depend on what ran before", async () => {
    await using host = await probeHost({ request_headers: "get 0 :path" });
    const run = async () => {
      host.trace!.clear();
      await host.fetch("http://a.test/");
      return host.trace!.toSnapshot();
    };
    expect(await run()).toBe(await run());
  });
});
