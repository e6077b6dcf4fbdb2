import { describe, expect, test } from "vitest";
import {
  composite,
  createHost,
  priorities,
  ResponseFlag,
  upstream,
  type Host,
  type HostOptions,
  type NativeFilter,
} from "../../harness/src";
import { config, probe } from "./probe";

/** Asks for retries of 5xx and resets, `retries` times. */
const asking = (retries: number): NativeFilter => ({
  name: "asking",
  native: {
    requestHeaders(headers) {
      headers.set("x-envoy-retry-on", "5xx,reset");
      headers.set("x-envoy-max-retries", String(retries));
    },
  },
});

/** What Envoy does by itself is compared in test/envoy/probe; here is what a test can say. */
function gateway(clusters: HostOptions["clusters"], options: Partial<HostOptions> = {}) {
  const plugins = [asking(2)];
  return createHost({ plugins, clusters, routes: [{ cluster: "chain" }], ...options });
}

const post = (host: Host, body = "hello") => host.fetch("http://a.test/", { body }).settle();

describe("targets", () => {
  test("each attempt goes to the next, with the same body", async () => {
    const [first, second] = [upstream().reply(503), upstream().reply(200, { body: "ok" })];
    await using host = await gateway({ chain: composite("a", "b"), a: first, b: second });
    const answer = await post(host);
    expect([answer.status, answer.text()]).toEqual([200, "ok"]);
    expect(answer.upstream.map(({ cluster, body }) => [cluster, body])).toEqual([
      ["a", "hello"],
      ["b", "hello"],
    ]);
    expect(answer.cluster).toBe("chain");
  });

  test("priorities begin again after the last", async () => {
    await using host = await gateway({
      chain: priorities("a", "b"),
      a: upstream().reply(503).then().reply(200),
      b: upstream().reply(503),
    });
    const answer = await post(host);
    expect(answer.upstream.map(({ cluster }) => cluster)).toEqual(["a", "b", "a"]);
    expect(answer.status).toBe(200);
  });

  test("a target that is not there is refused", async () => {
    const wrong = gateway({ chain: composite("a", "nobody"), a: upstream() });
    await expect(wrong).rejects.toThrow('clusters.chain: no upstream "nobody"');
    expect(() => composite()).toThrow("composite: at least one cluster is needed");
  });

  test("a call-out goes to the first that has an endpoint", async () => {
    const script = { request_headers: "call chain / 0; ret 4", http_call: "eff; cont 0" };
    const second = upstream().reply(204);
    await using host = await createHost({
      plugins: [{ wasm: probe, config: config(script) }],
      clusters: {
        backend: upstream().reply(200),
        chain: composite("a", "b"),
        a: upstream().noEndpoints(),
        b: second,
      },
    });
    expect((await host.fetch("http://a.test/").settle()).status).toBe(200);
    expect(second.requests.map(({ via }) => via)).toEqual(["http_call"]);
  });
});

describe("upstream filters", () => {
  test("native ones run once per attempt and know their target", async () => {
    const seen: string[] = [];
    const filter: NativeFilter = {
      native: {
        requestHeaders: (headers) => headers.add("x-attempt", String(seen.length)),
        requestBody: (body) => void seen.push(new TextDecoder().decode(body.bytes())),
        responseHeaders: (headers) => headers.set("x-seen", String(seen.length)),
      },
    };
    await using host = await gateway(
      {
        chain: composite("a", "b").filters(filter),
        a: upstream().reply(503),
        b: upstream().reply(200),
      },
      { downstream: "h2" },
    );
    const answer = await post(host);
    expect(seen).toEqual(["hello", "hello"]);
    expect(answer.upstream[1]?.headers.filter(([name]) => name === "x-attempt")).toHaveLength(2);
    expect(answer.headers.get("x-seen")).toBe("2");
  });

  test("a plugin reads metadata and address of its target", async () => {
    const path = "xds.upstream_host_metadata.filter_metadata.model.name";
    const script = { request_headers: `log up; prop ${path}; prop upstream.address` };
    await using host = await gateway({
      chain: composite("a", "b").filters({ wasm: probe, config: config(script) }),
      a: upstream()
        .metadata({ model: { name: "r1" } })
        .address("10.0.0.1:8000")
        .reply(503),
      b: upstream()
        .metadata({ model: { name: "qwen" } })
        .reply(200),
    });
    await post(host);
    const words = host.logs.map(({ text }) => text).join("\n");
    expect(words).toMatch(/r1[^]*10\.0\.0\.1:8000[^]*qwen[^]*127\.0\.0\.1:80/);
  });

  test("without filters of the listener a cluster's own are enough", async () => {
    const filter = { native: {} };
    await using host = await createHost({
      plugins: [],
      clusters: { backend: upstream().filters(filter).reply(200) },
    });
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    const none = createHost({ plugins: [], clusters: { backend: upstream() } });
    await expect(none).rejects.toThrow("plugins: at least one is needed");
  });

  test("one that holds the request for ever is named", async () => {
    const filter = { name: "stuck", native: { requestHeaders: () => "StopIteration" as const } };
    await using host = await createHost({
      plugins: [],
      strict: { S11: "warn" },
      routes: [{ cluster: "backend", timeoutMs: 0 }],
      clusters: { backend: upstream().filters(filter).reply(200) },
    });
    await expect(host.fetch("http://a.test/").settle()).rejects.toThrow(/S11.*held by stuck/);
  });

  test("a plugin of listener and cluster shares its VM", async () => {
    const setting = { request_headers: "set k v 0" };
    const getting = { request_headers: "get k" };
    await using host = await createHost({
      plugins: [{ wasm: probe, vmId: "one", rootId: "in", config: config(setting) }],
      clusters: {
        backend: upstream()
          .filters({ wasm: probe, vmId: "one", rootId: "up", config: config(getting) })
          .reply(200),
      },
    });
    await host.fetch("http://a.test/");
    expect(host.allVms()).toHaveLength(2);
  });
});

describe("limits", () => {
  test("a client that leaves while a retry waits leaves nothing behind", async () => {
    const second = upstream().reply(200);
    await using host = await gateway({
      chain: composite("a", "b"),
      a: upstream().reply(503),
      b: second,
    });
    const stream = host.stream("http://a.test/");
    await stream.headers({ end: true });
    await stream.abort();
    await host.clock.advance(1000);
    expect(second.requests).toHaveLength(0);
    expect([...host.process.retries.values()]).toEqual([0]);
  });

  test("a timeout of a try ends its request upstream", async () => {
    const silent = upstream().never();
    await using host = await gateway(
      { chain: composite("a", "b"), a: silent, b: upstream().reply(200) },
      { routes: [{ cluster: "chain", retry: { perTryTimeoutMs: 500 } }] },
    );
    expect((await post(host)).status).toBe(200);
    expect(silent.last?.reset).toBe(true);
    expect(host.clock.elapsed).toBeGreaterThanOrEqual(500);
  });

  test("a stream that an upstream refuses", async () => {
    const refusing: NativeFilter = {
      native: {
        requestHeaders: (headers) => headers.set("x-envoy-retry-on", "refused-stream"),
      },
    };
    const first = upstream().reset("refused stream").then().reply(200);
    await using host = await createHost({ plugins: [refusing], clusters: { backend: first } });
    expect((await host.fetch("http://a.test/").settle()).status).toBe(200);

    await using other = await createHost({
      plugins: [refusing],
      clusters: { backend: upstream().reset("remote reset") },
    });
    const answer = await other.fetch("http://a.test/").settle();
    expect([answer.status, answer.flags]).toEqual([503, ResponseFlag.UpstreamRemoteReset]);
  });
});
