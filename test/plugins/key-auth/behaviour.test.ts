import { createHash, createHmac } from "node:crypto";
import { checkLeaks, upstream, type NativeFilter, type NativeHeaders } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { GO, RESTRICTED, gateway, keyAuth, seen } from "./support.js";

test("the HMAC of nothing is nobody's key", async () => {
  const hash = `hmac-sha256:${createHmac("sha256", "pepper").update("").digest("hex")}`;
  const config = { ...GO, trust_original_auth: true, consumers: [{ name: "c1", hash }] };
  const host = await gateway(config);
  expect((await host.fetch("/")).details).toBe("key-auth.no_key");
  await host.close();
  const byQuery = await gateway({ ...config, in_header: false, in_query: true });
  expect((await byQuery.fetch("/?x-api-key=")).details).toBe("key-auth.unauthorized");
  await byQuery.close();
});

describe("two configurations in one VM (deviation D4)", () => {
  // Names for two plugins: to rules for routes in plain Envoy, another one's is a client's.
  const p = { ...GO, keys: ["x-p"], consumer_header: "x-p-consumer" };
  const q = { ...GO, keys: ["x-q"], _rules_: [{ _match_route_: ["closed"], allow: ["c1"] }] };
  const routes = [
    { name: "closed", match: { prefix: "/closed" }, cluster: "backend" },
    { cluster: "backend" },
  ];

  test.each([
    ["the one without rules first", [p, q]],
    ["the one with rules first", [q, p]],
  ])("%s: neither changes what the other enforces", async (_order, configs) => {
    const plugins = configs.map((config) => keyAuth(config, { name: config === p ? "p" : "q" }));
    const host = await gateway("", { plugins, routes });
    const status = async (path: string, headers: Record<string, string>) =>
      (await host.fetch(path, { headers })).status;

    expect(await status("/open", {})).toBe(401);
    expect(await status("/open", { "x-p": "k2" })).toBe(200);
    expect(await status("/closed", { "x-p": "k2" })).toBe(401);
    expect(await status("/closed", { "x-p": "k2", "x-q": "k2" })).toBe(403);
    expect(await status("/closed", { "x-p": "k2", "x-q": "k1" })).toBe(200);
    await host.close();
  });
});

describe("hashes", () => {
  test("hmac-sha256 needs the pepper of the environment to match", async () => {
    const digest = createHmac("sha256", "pepper").update("hello").digest("hex");
    const consumers = [
      { name: "peppered", hash: `hmac-sha256:${digest}` },
      { name: "plain", credential: "world" },
    ];
    const host = await gateway({ ...GO, keys: ["Authorization"], consumers });
    for (const [key, name] of [
      ["hello", "peppered"],
      ["world", "plain"],
    ]) {
      const headers = { authorization: `Bearer ${key}` };
      expect((await host.fetch("/", { headers })).status).toBe(200);
      expect(seen(host)?.get("x-mse-consumer")).toBe(name);
    }
    expect((await host.fetch("/", { headers: { authorization: digest } })).status).toBe(403);
    await host.close();
  });

  test("the pepper of the whole configuration serves a rule's own consumers", async () => {
    const digest = createHmac("sha256", "sk-from-env").update("hello").digest("hex");
    const own = {
      _match_domain_: ["*"],
      keys: ["x-own"],
      hash_pepper_env: "EMPTY",
      consumers: [{ name: "peppered", hash: `hmac-sha256:${digest}` }],
    };
    const host = await gateway({
      compat: "cpp",
      hash_pepper_env: "OPENAI_KEY",
      ...GO,
      _rules_: [own],
    });
    expect((await host.fetch("/", { headers: { "x-own": "hello" } })).status).toBe(200);
    expect(seen(host)?.get("x-mse-consumer")).toBe("peppered");
    await host.close();
  });

  test("ten thousand keys are all found, also behind repeated reconfiguration", async () => {
    const consumers = Array.from({ length: 10_000 }, (_, i) => ({
      name: `c${i}`,
      credential: `credential number ${i}`,
    }));
    const host = await gateway({ ...GO, consumers });
    for (const i of [0, 1, 4999, 9998, 9999]) {
      await host.fetch("/", { headers: { "x-api-key": `credential number ${i}` } });
      expect(seen(host)?.get("x-mse-consumer")).toBe(`c${i}`);
    }
    host.reload();
    const headers = { "x-api-key": "credential number 10000" };
    expect((await host.fetch("/", { headers })).status).toBe(403);
    await host.close();
  });
});

describe("streams side by side", () => {
  test("each held request keeps its own consumer and lists", async () => {
    const consumers = ["a", "b", "c"].map((name) => ({
      name,
      credential: `key-${name}`,
      allow_models: [name],
    }));
    const host = await gateway({ ...GO, consumers });
    const open = ["a", "b", "c"].map((name) =>
      host.stream("POST /", { headers: { "x-api-key": `key-${name}` }, framing: "chunked" }),
    );
    for (const stream of open) expect(await stream.headers()).toMatchObject({ paused: true });
    for (const stream of open) await stream.data('{"model":');
    for (const stream of [...open].reverse()) await stream.data('"b"}', { end: true });
    const answers = await Promise.all(open.map((stream) => stream.response()));
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 403]);
    expect(seen(host)?.get("x-mse-consumer")).toBe("b");
    await host.close();
  });

  test("a held request keeps its configuration while a new one takes over", async () => {
    const host = await gateway(RESTRICTED);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1", "content-length": "16" },
    });
    await stream.headers();
    host.reload();
    await stream.data('{"model":"good"}', { end: true });
    expect((await stream.response()).status).toBe(200);
    await host.close();
  });

  test("abandoned, refused and released requests leave nothing behind", async () => {
    const host = await gateway(RESTRICTED, { trace: false });
    const headers = { "x-api-key": "k1" };
    const repeated = async (): Promise<void> => {
      const gone = host.stream("POST /", { headers });
      await gone.headers();
      await gone.data('{"model":');
      await gone.abort();
      await host.fetch("/", { headers, body: '{"model":"good"}' });
      await host.fetch("/", { headers, body: '{"model":"bad"}' });
      await host.fetch("/");
    };
    // The guest collects after each 64 KiB: fewer runs may only see the rise between two collections.
    const report = await checkLeaks(host, repeated, { runs: 600 });
    expect(report.leaking).toBe(false);
    await host.close();
  });
});

describe("models of a rule", () => {
  test.each([
    ["/rule", "of-rule", 200],
    ["/rule", "of-all", 403],
    ["/else", "of-all", 200],
    ["/else", "of-rule", 403],
  ])("stand in place of the global ones: %s with %s gets %i", async (path, model, status) => {
    const rule = { _match_route_: ["r"], allow: ["c1"], allow_models: ["of-rule"] };
    const config = { ...GO, global_auth: true, allow_models: ["of-all"], _rules_: [rule] };
    const host = await gateway(config, {
      routes: [
        { name: "r", match: { prefix: "/rule" }, cluster: "backend" },
        { cluster: "backend" },
      ],
    });
    const body = JSON.stringify({ model });
    const reply = await host.fetch(path, { method: "POST", headers: { "x-api-key": "k1" }, body });
    expect(reply.status).toBe(status);
    await host.close();
  });
});

describe("what the filters behind us and the access log see of a refused request", () => {
  /** Stands before key-auth and looks at the request's headers when the answer comes by. */
  async function namedAfter(config: object, headers: Record<string, string>) {
    let asked: NativeHeaders | undefined;
    let name: string | null = null;
    const watcher: NativeFilter = {
      native: {
        requestHeaders: (request) => void (asked = request),
        responseHeaders: () => void (name = asked?.get("x-mse-consumer") ?? null),
      },
    };
    const host = await gateway("", { plugins: [watcher, keyAuth(config)] });
    const { status } = await host.fetch("/", { headers: { "x-mse-consumer": "me", ...headers } });
    await host.close();
    return { status, name };
  }

  test("the consumer, when its key is good and it may not come in", async () => {
    const config = { ...GO, _rules_: [{ _match_domain_: ["*"], allow: ["c2"] }] };
    const seen = await namedAfter(config, { "x-api-key": "k1" });
    expect(seen).toEqual({ status: 403, name: "c1" });
  });

  test("no consumer, when its key has expired", async () => {
    const consumers = [{ name: "c1", api_keys: [{ key: "k1", expires_at: 1 }] }];
    const seen = await namedAfter({ ...GO, consumers }, { "x-api-key": "k1" });
    expect(seen.status).toBe(401);
    expect(seen.name).not.toBe("c1");
  });
});

describe("properties of the host", () => {
  async function readsOf(config: object): Promise<number> {
    const host = await gateway(config);
    const before = host.calls("proxy_get_property").count;
    const headers = { "x-api-key": "k1", "x-request-id": "r" };
    expect((await host.fetch("/", { headers })).status).toBe(200);
    const reads = host.calls("proxy_get_property").count - before;
    await host.close();
    return reads;
  }

  test("are not read without rules", async () => {
    expect(await readsOf(GO)).toBe(0);
  });

  test("are read for a rule by route", async () => {
    const rule = { _match_route_: ["default"], allow: ["c1"] };
    expect(await readsOf({ ...GO, _rules_: [rule] })).toBeGreaterThan(0);
  });
});

test("with the log level debug the id of a key is named, for who rotates them", async () => {
  const api_keys = [{ id: "k-2026-10", key: "k1" }, { key: "k2" }];
  const config = { ...GO, consumers: [{ name: "c1", api_keys }] };
  const host = await gateway(config, { logLevel: "debug" });
  await host.fetch("/", { headers: { "x-api-key": "k1" } });
  await host.fetch("/", { headers: { "x-api-key": "k2" } });
  const digest = createHash("sha256").update("k2").digest("hex").slice(0, 8);
  expect(host).toHaveLogged(/key "k-2026-10"$/);
  expect(host).toHaveLogged(new RegExp(`key "${digest}"$`));
  await host.close();
});

describe("without restriction", () => {
  test("a body is never held", async () => {
    const host = await gateway(GO);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1", "content-length": "5" },
    });
    expect((await stream.headers()).paused).toBe(false);
    expect((await stream.data("12")).callbacks.map(({ action }) => action)).toEqual(["Continue"]);
    await stream.data("345", { end: true });
    expect((await stream.response()).status).toBe(200);
    await host.close();
  });
});

describe("logs of requests", () => {
  test("hold no part of a key, at any level, whatever becomes of the request", async () => {
    const consumers = [
      { name: "c1", credential: "SECRET-one" },
      { name: "old", api_keys: [{ key: "SECRET-old", expires_at: 1 }] },
    ];
    const config = {
      ...GO,
      global_auth: true,
      keys: ["x-api-key", "Authorization"],
      trust_original_auth: true,
      consumers,
      _rules_: [{ _match_domain_: ["closed.test"], allow: ["nobody"] }],
    };
    const host = await gateway(config, { logLevel: "trace" });
    const attempts: [string, Record<string, string>][] = [
      ["/", { "x-api-key": "SECRET-one" }],
      ["/", { authorization: "Bearer SECRET-one" }],
      ["/", { "x-hi-original-auth": "SECRET-one" }],
      ["/", { "x-api-key": "SECRET-unknown" }],
      ["/", { "x-api-key": "SECRET-one", authorization: "SECRET-two" }],
      ["/", { "x-api-key": "SECRET-old" }],
      ["http://closed.test/", { "x-api-key": "SECRET-one" }],
      ["/?x-api-key=SECRET-query", {}],
    ];
    for (const [target, headers] of attempts) await host.fetch(target, { headers });
    expect(host.logs.length).toBeGreaterThan(attempts.length - 3);
    expect(host.logs.filter(({ text }) => text.includes("SECRET"))).toEqual([]);
    await host.close();
  });

  test("are not written below the level of the host", async () => {
    const host = await gateway(GO, { logLevel: "error" });
    const from = host.logs.length;
    await host.fetch("/", { headers: { "x-api-key": "k1" } });
    await host.fetch("/", { headers: { "x-api-key": "stolen" } });
    expect(host.logs.slice(from)).toEqual([]);
    expect(host.metrics.all).toMatchObject({ key_auth_ok: 1, key_auth_invalid: 1 });
    await host.close();
  });
});

test("a request without :authority is judged by its other facts", async () => {
  const config = { ...GO, global_auth: true, _rules_: [{ _match_domain_: ["a"], allow: ["c1"] }] };
  const bare: NativeFilter = {
    native: { requestHeaders: (headers) => headers.remove(":authority") },
  };
  const host = await gateway("", {
    plugins: [bare, keyAuth(config)],
    clusters: { backend: upstream().reply(200) },
    strict: "off",
  });
  expect((await host.fetch("/")).status).toBe(401);
  await host.close();
});

test("a request without :path has no key in its query", async () => {
  const bare: NativeFilter = { native: { requestHeaders: (headers) => headers.remove(":path") } };
  const config = { ...GO, in_header: false, in_query: true };
  const host = await gateway("", { plugins: [bare, keyAuth(config)], strict: "off" });
  expect((await host.fetch("/?x-api-key=k1")).status).toBe(401);
  await host.close();
});
