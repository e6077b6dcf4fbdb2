import { createHmac } from "node:crypto";
import {
  checkLeaks,
  upstream,
  type Host,
  type HostOptions,
  type NativeFilter,
  type Upstream,
} from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway, keyAuth } from "./support.js";

const CONSUMERS = [
  { name: "c1", credential: "k1" },
  { name: "c2", credential: "k2" },
];
const GO = { keys: ["x-api-key"], in_header: true, consumers: CONSUMERS };
const RESTRICTED = {
  ...GO,
  consumers: [{ name: "picky", credential: "k1", allow_models: ["good"] }],
};

/** The request as the upstream received it. */
function seen(host: Host) {
  return (host.clusters["backend"] as Upstream).last;
}

function countSeen(host: Host): number {
  return (host.clusters["backend"] as Upstream).requests.length;
}

describe("two configurations in one VM (deviation D4)", () => {
  const p = { ...GO, keys: ["x-p"] };
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

describe("a refusal the host does not take (deviation D6)", () => {
  const options: Partial<HostOptions> = { strict: "off" };

  test("at the headers: the request is never released", async () => {
    const host = await gateway(GO, options);
    host.inject.status("proxy_send_local_response", 10);
    const stream = host.stream("POST /");
    expect(await stream.headers()).toMatchObject({
      paused: true,
      action: "StopAllIterationAndWatermark",
    });
    await stream.data("{}", { end: true });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });

  test("at the body, and at what still comes", async () => {
    const host = await gateway(RESTRICTED, options);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1" },
      framing: "chunked",
    });
    await stream.headers();
    host.inject.status("proxy_send_local_response", 10);
    await stream.data('{"model":"bad"}');
    await stream.trailers({ "x-t": "1" });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });

  test("when the body is too large", async () => {
    const host = await gateway({ ...RESTRICTED, max_body_bytes: 4 }, options);
    host.inject.status("proxy_send_local_response", 10);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1" },
      framing: "chunked",
    });
    await stream.headers();
    await stream.data("12345");
    await stream.data('{"model":"good"}', { end: true });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });
});

describe("a host that fails", () => {
  test("a consumer that cannot be named does not come in", async () => {
    const host = await gateway(GO, { strict: "off" });
    host.inject.status("proxy_replace_header_map_value", 2);
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(answer.status).toBe(403);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test("a body that cannot be read names no model", async () => {
    const host = await gateway(RESTRICTED, { strict: "off" });
    host.inject.status("proxy_get_buffer_bytes", 10);
    const init = { headers: { "x-api-key": "k1" }, body: '{"model":"good"}' };
    expect(await host.fetch("/", init)).toMatchObject({
      status: 403,
      details: "key-auth.model_unknown",
    });
    await host.close();
  });

  test("without a clock, keys with a validity are refused and the others are not", async () => {
    const consumers = [
      { name: "a", api_keys: [{ key: "forever" }, { key: "timed", not_before: 1 }] },
    ];
    const host = await gateway({ ...GO, consumers }, { strict: "off" });
    host.inject.status("clock_time_get", 52);
    expect((await host.fetch("/", { headers: { "x-api-key": "forever" } })).status).toBe(200);
    expect((await host.fetch("/", { headers: { "x-api-key": "timed" } })).status).toBe(401);
    host.inject.clear();
    expect((await host.fetch("/", { headers: { "x-api-key": "timed" } })).status).toBe(200);
    await host.close();
  });
});

describe("time", () => {
  const KEY = { key: "k", not_before: "2026-03-01T00:00:00Z", expires_at: "2026-04-01T00:00:00Z" };
  const config = { ...GO, consumers: [{ name: "a", api_keys: [KEY] }] };
  const at = (time: string) => Date.parse(time);

  test.each([
    ["2026-02-28T23:59:59.999Z", "key-auth.key_not_active"],
    ["2026-03-01T00:00:00Z", "via_upstream"],
    ["2026-03-31T23:59:59.999Z", "via_upstream"],
    ["2026-04-01T00:00:00Z", "key-auth.expired_key"],
    ["1970-01-01T00:00:01Z", "key-auth.key_not_active"],
  ])("at %s the answer is %s", async (time, details) => {
    const host = await gateway(config, { startTime: at(time) });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k" } });
    expect(answer.details).toBe(details);
    await host.close();
  });

  test("a key that expires while its body arrives is still good for this request", async () => {
    const consumers = [{ name: "a", api_keys: [{ ...KEY, allow_models: ["m"] }] }];
    const host = await gateway({ ...GO, consumers }, { startTime: at("2026-03-31T23:59:59Z") });
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k", "content-length": "13" },
    });
    await stream.headers();
    await host.clock.advance(5000);
    await stream.data('{"model":"m"}', { end: true });
    expect((await stream.response()).status).toBe(200);
    expect((await host.fetch("/", { headers: { "x-api-key": "k" } })).status).toBe(401);
    await host.close();
  });

  test("a provider key is lent as long as it is valid", async () => {
    const provider_keys = [
      { provider: "p", value: "first", expires_at: "2026-01-01T00:01:00Z" },
      { provider: "p", value: "second", not_before: "2026-01-01T00:02:00Z" },
    ];
    const host = await gateway({ ...GO, provider: "p", provider_keys });
    const lent = async () => {
      const { status } = await host.fetch("/", { headers: { "x-api-key": "k1" } });
      return status === 200 ? seen(host)?.get("authorization") : status;
    };
    expect(await lent()).toBe("Bearer first");
    await host.clock.advance(60_000);
    expect(await lent()).toBe(403);
    await host.clock.advance(60_000);
    expect(await lent()).toBe("Bearer second");
    await host.close();
  });
});

describe("provider keys", () => {
  test("several are drawn by weight", async () => {
    const provider_keys = [
      { provider: "p", value: "heavy", weight: 3 },
      { provider: "p", value: "light" },
      { provider: "p", value: "none", weight: 0 },
      { provider: "p", value: "reserved", weight: 100, consumers: ["c2"] },
    ];
    const host = await gateway({ ...GO, provider: "p", provider_keys }, { seed: 7, trace: false });
    const drawn = { heavy: 0, light: 0 } as Record<string, number>;
    for (let i = 0; i < 400; i++) {
      await host.fetch("/", { headers: { "x-api-key": "k1" } });
      const key = seen(host)?.get("authorization")?.replace("Bearer ", "") ?? "";
      drawn[key] = (drawn[key] ?? 0) + 1;
    }
    // The seed is fixed; the bounds are five standard deviations around 300.
    expect(Object.keys(drawn)).toEqual(["heavy", "light"]);
    expect(drawn["heavy"]).toBeGreaterThan(256);
    expect(drawn["heavy"]).toBeLessThan(344);
    await host.close();
  });

  test("come from the environment of the VM", async () => {
    const provider_keys = [{ provider: "p", value_from_env: "OPENAI_KEY" }];
    const host = await gateway({ ...GO, provider: "p", provider_keys });
    await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(seen(host)?.get("authorization")).toBe("Bearer sk-from-env");
    await host.close();
  });

  test("never stand in filter state, logs, metrics or the answer", async () => {
    const provider_keys = [{ provider: "p", value: "sk-PROVIDER" }];
    const config = { ...GO, provider: "p", provider_keys };
    const host = await gateway(config, { logLevel: "trace" });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    const state = Object.entries(answer.filterState).map(
      ([key, value]) => `${key}=${Buffer.from(value).toString()}`,
    );
    const visible = JSON.stringify([
      state,
      host.logs.map(({ text }) => text),
      Object.keys(host.metrics.all),
      answer.headers.pairs,
      answer.text(),
    ]);
    expect(visible).not.toContain("PROVIDER");
    expect(visible).not.toContain('k1"');
    await host.close();
  });
});

describe("a request that comes back after an internal redirect", () => {
  const strips = { ...GO, forward_credential: false };

  /** Stands for the first pass: what it left behind survives the redirect. */
  function earlier(value: string): NativeFilter {
    return {
      native: {
        requestHeaders: (_headers, _end, control) =>
          control.setFilterState("key_auth.consumer", value),
      },
    };
  }

  function again(config: object, value: string): Promise<Host> {
    return gateway("", { plugins: [earlier(value), keyAuth(config)] });
  }

  test("is recognised by name and key id, without its key", async () => {
    // The second of two equal instances meets what the first one left.
    const plugins = [keyAuth(strips), keyAuth(strips)];
    const host = await gateway("", { plugins });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(answer.status).toBe(200);
    expect(Buffer.from(answer.filterState["key_auth.consumer"] ?? []).toString()).toMatch(
      /^c1\n[0-9a-f]{8}$/,
    );
    expect(seen(host)?.get("x-mse-consumer")).toBe("c1");
    expect(seen(host)?.get("x-api-key")).toBeUndefined();
    await host.close();
  });

  test("is recognised on a route that forwards keys, too", async () => {
    const config = {
      ...strips,
      global_auth: true,
      consumers: [{ name: "c1", api_keys: [{ id: "id", key: "k1" }] }],
      _rules_: [{ _match_domain_: ["*"], allow: ["c1"], forward_credential: true }],
    };
    const host = await again(config, "c1\nid");
    expect((await host.fetch("/")).status).toBe(200);
    await host.close();
  });

  test("is recognised when its key has no consumer", async () => {
    const config = { keys: ["x-api-key"], credentials: ["k1"], forward_credential: false };
    const plugins = [keyAuth(config), keyAuth(config)];
    const host = await gateway("", { plugins });
    expect((await host.fetch("/", { headers: { "x-api-key": "k1" } })).status).toBe(200);
    await host.close();
  });

  test("is judged again from validity on", async () => {
    const consumers = [
      { name: "off", api_keys: [{ id: "id", key: "k1", disabled: true }] },
      { name: "picky", api_keys: [{ id: "id", key: "k2" }], allow_models: ["m"] },
      { name: "c1", api_keys: [{ id: "id", key: "k3" }] },
    ];
    const _rules_ = [{ _match_domain_: ["closed.test"], allow: ["nobody"] }];
    const config = { ...strips, global_auth: true, consumers, _rules_ };
    const ask = async (name: string, target = "/") => {
      const host = await again(config, `${name}\nid`);
      const { details } = await host.fetch(target);
      await host.close();
      return details;
    };
    expect(await ask("off")).toBe("key-auth.disabled_key");
    expect(await ask("picky")).toBe("key-auth.model_unknown");
    expect(await ask("c1")).toBe("via_upstream");
    expect(await ask("c1", "http://closed.test/")).toBe("key-auth.unauthorized");
  });

  test.each(["nobody\nid", "c1\nother", "c1", "\n", "c1\nid\n"])(
    "is refused when %j is not of this configuration",
    async (value) => {
      const config = {
        ...strips,
        consumers: [{ name: "c1", api_keys: [{ id: "id", key: "k1" }] }],
      };
      const host = await again(config, value);
      expect((await host.fetch("/", { headers: { "x-api-key": "k1" } })).status).toBe(403);
      await host.close();
    },
  );

  test("is searched for a key where no route strips any", async () => {
    const host = await again(GO, "c1\nid");
    expect((await host.fetch("/")).status).toBe(401);
    await host.close();
  });

  test("the property is declared to outlive the redirect, once per configuration", async () => {
    const config = {
      ...strips,
      _rules_: [{ _match_route_: ["r"], allow: ["c1"], forward_credential: false }],
    };
    const host = await gateway(config);
    const calls = host.calls("proxy_call_foreign_function");
    expect(calls.count).toBe(1);
    await host.close();
    const other = await gateway(GO);
    expect(other.calls("proxy_call_foreign_function").count).toBe(0);
    await other.close();
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
    const report = await checkLeaks(host, async () => {
      const gone = host.stream("POST /", { headers });
      await gone.headers();
      await gone.data('{"model":');
      await gone.abort();
      await host.fetch("/", { headers, body: '{"model":"good"}' });
      await host.fetch("/", { headers, body: '{"model":"bad"}' });
      await host.fetch("/");
    });
    expect(report.leaking).toBe(false);
    await host.close();
  });
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
