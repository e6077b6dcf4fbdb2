import {
  createHost,
  redis,
  upstream,
  type Host,
  type HostOptions,
  type ProfileName,
} from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

const DRIVER = "test/unit/sdk/driver/host.ts";
const ALL: ProfileName[] = ["envoy-1.40", "higress-2.1", "higress-2.2", "proxytest"];
const GATEWAYS = ALL.slice(0, 3);
const HIGRESS = ALL.slice(1);

let envoy: string;
let higress: string;

beforeAll(async () => {
  envoy = await buildPlugin(DRIVER);
  higress = await buildPlugin(DRIVER, { higress: true });
});

async function open(profile: ProfileName, options: Partial<HostOptions> = {}): Promise<Host> {
  return await createHost({
    profile,
    plugins: [
      {
        wasm: profile === "envoy-1.40" ? envoy : higress,
        name: "driver",
        allowOnHeadersStopIteration: true,
        env: { NAME: "value", EMPTY: "", LONG: "a=b" },
      },
    ],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    ...options,
  });
}

type Arguments = Record<string, string>;

async function ask(host: Host, path: string, args: Arguments = {}): Promise<string> {
  return (await host.fetch(path, { headers: args })).text();
}

/** Rules that were broken, apart from the tick that the driver starts in every configure (S26). */
function broken(host: Host): string[] {
  return host.violations.map(({ rule }) => rule).filter((rule) => rule !== "S26");
}

/** The words of the last log line. */
const logged = (host: Host): string => host.logs.at(-1)!.text;

describe.each(ALL)("in %s", (profile) => {
  it("a header is its first value, or null when there is none", async () => {
    await using host = await open(profile);
    expect(await ask(host, "/get", { "x-a": "x-b", "x-b": "v" })).toBe("v");
    expect(await ask(host, "/get", { "x-a": "x-absent" })).toBe("null");
    if (profile !== "proxytest") {
      expect(await ask(host, "/get", { "x-a": "x-b", "x-b": "" })).toBe("empty");
      const twice = await host.fetch("/get", { headers: [["x-a", "x-b"], ["x-b", "1"], ["x-b", "2"]] }); // prettier-ignore
      expect(twice.text()).toBe("1");
    }
  });

  it("a property is null when the host does not know it, and can be set", async () => {
    await using host = await open(profile);
    expect(await ask(host, "/property", { "x-a": "mine" })).toBe("/property null 0 mine");
  });

  it("time, randomness and environment come from the host", async () => {
    await using host = await open(profile);
    host.clock.now = Date.UTC(2027, 0, 15, 8);
    expect(await ask(host, "/clock")).toBe("1800000000 1800000000000000000 1");
    expect(await ask(host, "/random")).toBe("65536 0 16 1");
    if (profile === "proxytest") return;
    expect(await ask(host, "/environment", { "x-a": "NAME" })).toBe("value");
    expect(await ask(host, "/environment", { "x-a": "EMPTY" })).toBe("empty");
    expect(await ask(host, "/environment", { "x-a": "LONG" })).toBe("a=b");
    expect(await ask(host, "/environment", { "x-a": "NAM" })).toBe("null");
  });

  it("the answer to a call reaches its stream, the first token included", async () => {
    const check = upstream().reply(201, { headers: { "x-h": "v" }, body: "made" });
    const empty = upstream().reply(204);
    const clusters = { backend: upstream().reply(200), check, empty };
    await using host = await open(profile, { clusters });
    expect(await ask(host, "/http", { "x-a": "check", "x-b": "body" })).toBe("7 201 4 v made 1");
    expect(check.last!.body).toBe("body");
    expect(await ask(host, "/http", { "x-a": "empty" })).toBe("7 204 0 null empty 1");
  });

  it("only the first local reply is sent, and a later resume does nothing", async () => {
    await using host = await open(profile);
    const answer = await host.fetch("/reply", { headers: { "x-a": "A", "x-b": "B" } });
    expect([answer.status, answer.text()]).toEqual([418, "A"]);
    if (profile !== "proxytest") expect(answer.headers.getAll("x-r")).toEqual(["A", "B"]);
    expect(logged(host)).toBe("0 1 1 1");
    expect(answer.details).toMatch(/my_details$/);
    expect(broken(host)).toEqual([]);
  });

  it("an abort says what and where, then the host's failure policy decides", async () => {
    await using host = await open(profile, { strict: "off" });
    const answer = await host.fetch("/abort").catch(() => null);
    const line = host.logs.find(({ level }) => level === "critical")!;
    expect(line.text).toMatch(/^Index out of range at .*staticarray\.ts:\d+:\d+$/);
    if (profile !== "proxytest") expect(answer!.status).toBe(503);
  });
});

it("a metric that the host refuses counts nothing, and not in the one with the first id", async () => {
  await using host = await open("proxytest");
  host.inject.status("proxy_define_metric", 2, { nth: 1, times: 1 });
  host.reload();
  expect(await ask(host, "/metric")).toBe("0 5");
});

describe.each(GATEWAYS)("in %s", (profile) => {
  it("shared data changes only for those who know its stamp", async () => {
    await using host = await open(profile);
    const args = { "x-a": "key", "x-b": "one", "x-c": "two" };
    expect(await ask(host, "/shared", args)).toBe("null 0 one 8 8 0 8 two");
    expect(await ask(host, "/shared", { ...args, "x-b": "three" })).toBe("two 0 three 8 8 0 8 two");
  });

  it("all headers come in order, with repeated ones", async () => {
    await using host = await open(profile);
    const headers = [["x-1", "a"], ["x-2", ""], ["x-1", "b"]] as const; // prettier-ignore
    const answer = await host.fetch("/pairs", { headers });
    expect(answer.text()).toMatch(/^\d+ .*x-1=a x-2= x-1=b/);
  });

  it("what was loaded is forgotten by an edit, and nothing is known of what is out of reach", async () => {
    await using host = await open(profile, { strict: { S08: "off" } });
    const answer = await host.fetch("/pass-snapshot", { headers: { "x-a": "1" } });
    expect(logged(host)).toBe("0 null added set 2");
    expect(answer.upstream[0]!.get("x-a")).toBeUndefined();
  });

  it("a list of headers is found by names in any case, or has none when it is not whole", async () => {
    await using host = await open(profile);
    const args = { "x-a": "X-Upper", "x-b": "v", "x-c": "x-upper" };
    expect(await ask(host, "/blocks", args)).toBe("v 0 0 1024 -1 1 0");
  });

  it("headers are edited; what would break the wire is refused", async () => {
    await using host = await open(profile, { strict: { S08: "off" } });
    const answer = await host.fetch("/pass-headers", {
      headers: { "x-a": "1", "x-b": "2", "x-c": "3" },
    });
    expect(logged(host)).toBe("0 0 0 0 2 2 2 2 2 2");
    const sent = answer.upstream[0]!.headers.filter(([name]) =>
      /^x-(set|a|b|c|bad|late)$/.test(name),
    );
    expect(sent).toEqual([["x-a", "1"], ["x-b", "2"], ["x-set", "1"], ["x-a", "2"]]); // prettier-ignore
  });

  it("the whole map is replaced, or left alone when hosts would empty it", async () => {
    await using host = await open(profile);
    const headers = { "x-a": "1", "x-b": "2" };
    const replaced = await host.fetch("/pass-headers-all", { headers });
    expect(logged(host)).toBe("0");
    expect(replaced.upstream[0]!.path).toBe("/replaced");
    const only = replaced.upstream[0]!.headers.filter(([name]) => /^x-(only|a|b)$/.test(name));
    expect(only).toEqual([["x-only", "1"], ["x-only", "2"]]); // prettier-ignore
    for (const what of ["many", "large", "broken"]) {
      const answer = await host.fetch(`/pass-headers-${what}`, { headers });
      expect(logged(host)).toBe("2");
      expect(answer.upstream[0]!.get("x-a")).toBe("1");
    }
  });

  it("a body is read whole or in part, and null is not empty", async () => {
    await using host = await open(profile);
    const answer = await host.fetch("/body-read", { method: "POST", body: "hello" });
    expect(answer.text()).toMatch(/^5 hello el (empty|null) (empty|null)$/);
  });

  it.each([
    ["replace", "new"],
    ["append", "helloNEW".replace("NEW", "new")],
    ["prepend", "newhello"],
  ])("a body can be changed: %s", async (how, expected) => {
    await using host = await open(profile);
    const answer = await host.fetch(`/body-${how}`, {
      method: "POST",
      body: "hello",
      headers: { "x-a": "new" },
    });
    expect(answer.upstream[0]!.body).toBe(expected);
  });

  it("responses and trailers can be changed", async () => {
    const backend = upstream().reply(200, { body: "ok", trailers: { "x-u": "1" } });
    await using host = await open(profile, {
      clusters: { backend },
      downstream: "h2",
      upstreamProtocol: "h2",
    });
    const answer = await host.fetch("/pass-response");
    expect(answer.headers.get("x-status")).toBe("seen");
    expect(answer.trailers.filter(([name]) => name === "x-u")).toEqual([["x-u", "1"], ["x-u", "2"]]); // prettier-ignore
    await host.fetch("/pass-trailers", {
      method: "POST",
      body: "b",
      framing: "chunked",
      trailers: { "x-t": "1" },
    });
    expect(logged(host)).toBe("1 0");
  });

  it("a call that fails has a status: refused, no host, reset, late", async () => {
    const clusters = {
      backend: upstream().reply(200),
      down: upstream().noEndpoints(),
      refused: upstream().refuse(),
      cut: upstream().reply(200, { chunks: ["half", "rest"], cutAfter: 1 }),
      slow: upstream().never(),
      odd: upstream().script((_request, sink) => sink.headers([[":status", "odd"]], true)),
    };
    // S14: the driver answers instead of waiting, so the pause is no mistake.
    await using host = await open(profile, { clusters, strict: { S14: "off" } });
    expect(await ask(host, "/http", { "x-a": "unknown" })).toBe("2");
    expect(await ask(host, "/http", { "x-a": "backend", "x-c": "incomplete" })).toBe("2");
    expect(await ask(host, "/http", { "x-a": "down" })).toBe("10");
    expect(await ask(host, "/http", { "x-a": "refused" })).toMatch(/^7 503 /);
    expect(await ask(host, "/http", { "x-a": "cut" })).toMatch(/^7 502 0 null empty 0/);
    expect(await ask(host, "/http", { "x-a": "odd" })).toMatch(/^7 500 /);
    const late = await host.fetch("/http", { headers: { "x-a": "slow" } }).advance(500);
    expect(late.text()).toMatch(/^7 504 /);
  });

  it("a call may have trailers, and so may its answer", async () => {
    const check = upstream().reply(200, { body: "b", trailers: { "x-u": "1", "x-v": "2" } });
    const clusters = { backend: upstream().reply(200), check };
    await using host = await open(profile, { clusters, upstreamProtocol: "h2" });
    const args = { "x-a": "check", "x-b": "body", "x-c": "trailers" };
    expect(await ask(host, "/http", args)).toBe("9 200 1 null b 1 2 x-u=1 x-v=2");
    expect(check.last!.trailers).toEqual([["x-sum", "7"], ["x-end", "1"]]); // prettier-ignore
  });

  it("a call can resume its request, and the answer to a root reaches the root", async () => {
    const clusters = {
      backend: upstream().reply(200, { body: "ok" }),
      check: upstream().reply(202),
    };
    await using host = await open(profile, { clusters });
    expect(await ask(host, "/http", { "x-a": "check", "x-c": "resume" })).toBe("ok");
    expect(await ask(host, "/http", { "x-a": "check", "x-c": "root" })).toBe("0");
    await host.settle();
    expect(host.logs.map(({ text }) => text)).toContain("root 7 202");
  });

  it("the answer to a stream that is gone is dropped", async () => {
    const clusters = { backend: upstream().reply(200), check: upstream().after(100).reply(200) };
    await using host = await open(profile, { clusters });
    const stream = host.stream("/http", { headers: { "x-a": "check" } });
    await stream.headers({ end: true });
    await stream.abort();
    await host.clock.advance(200);
    expect(host.callouts[0]!.outcome).toBe("200");
    expect(broken(host)).toEqual([]);
    expect(await ask(host, "/get", { "x-a": "x-a" })).toBe("x-a");
  });

  it("a stream can be closed", async () => {
    await using host = await open(profile);
    expect((await host.fetch("/close")).reset).toBe(true);
  });

  it("metrics count what they are told; what hosts refuse is not asked for", async () => {
    await using host = await open(profile);
    expect(await ask(host, "/metric")).toBe("3 5");
    expect(host.metrics.counter("hits")).toBe(3);
    expect(host.metrics.gauge("open")).toBe(5);
    expect(host.metrics.histogram("took")).toEqual([9]);
    expect(broken(host)).toEqual([]);
  });

  it("a root ticks until it stops, and gets its mail", async () => {
    await using host = await open(profile);
    await host.clock.advance(10_000);
    expect(host.metrics.counter("hits")).toBe(30);
    expect(await ask(host, "/queue", { "x-a": "nobody", "x-b": "lost" })).toBe("-1 1 null");
    expect(await ask(host, "/queue", { "x-a": "mail", "x-b": "letter" })).toBe("1 0 null");
    await host.settle();
    expect(host.logs.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["mail letter", "no more mail"]),
    );
  });

  it("lines below the host's level are known to be dropped", async () => {
    await using host = await open(profile, { logLevel: "warn" });
    expect(await ask(host, "/log", { "x-a": "line" })).toBe("0 0 0 1 1 1");
    expect(host.logs.map(({ level }) => level)).toEqual(["warn", "error", "critical"]);
    const asked = host.trace!.events.filter(
      ({ kind, name }) => kind === "host" && /log_level|foreign/.test(name),
    );
    expect(asked).toHaveLength(1);
  });

  it("a foreign function nobody has answers null", async () => {
    await using host = await open(profile, { strict: { S27: "off" } });
    expect(await ask(host, "/foreign", { "x-a": "no_such" })).toBe("null");
  });
});

describe.each(HIGRESS)("Redis in %s", (profile) => {
  it("replies reach the stream or the root that asked", async () => {
    const clusters = { backend: upstream().reply(200), cache: redis() };
    await using host = await open(profile, { clusters });
    expect(await ask(host, "/redis", { "x-a": "cache" })).toBe("5 0 +PONG\r\n");
    expect(await ask(host, "/redis", { "x-a": "cache", "x-c": "root" })).toBe("0 0");
    await host.settle();
    expect(host.logs.map(({ text }) => text)).toContain("redis 5 +PONG\r\n");
  });

  it("the hosts of the route's cluster are listed, and one is chosen", async () => {
    const clusters = { backend: upstream().reply(200), cache: redis() };
    await using host = await open(profile, { clusters });
    const args = { "x-a": "cache", "x-b": "10.0.0.1:80", "x-c": "hosts" };
    await ask(host, "/redis", args);
    expect(host.calls("proxy_get_upstream_hosts").last?.result).toBe(0);
    expect(host.calls("proxy_set_upstream_override_host").last?.result).toBe(0);
    const injected = host.calls("proxy_inject_encoded_data_to_filter_chain").all;
    expect(injected.map(({ args }) => Number(args.at(-1)))).toEqual([0, 1]);
  });

  it("a lost connection is told as such", async () => {
    const clusters = { backend: upstream().reply(200), cache: redis().fail("drop") };
    await using host = await open(profile, { clusters });
    expect(await ask(host, "/redis", { "x-a": "cache" })).toBe("5 1 empty");
  });
});
