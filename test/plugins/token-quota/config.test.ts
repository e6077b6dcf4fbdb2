import { LoadError, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  refusedConfigurations,
  testConfigurations,
  validConfigurations,
} from "../configurations.js";
import { firstStart, loadAlone } from "../loaded.js";
import { chat, gateway, load, SHARED, tokenQuota } from "./support.js";

testConfigurations({ plugin: "token-quota", load });

describe("what a start logs", () => {
  const redis = { service_name: "redis.dns" };
  const cases: [string, object | string, string[]][] = [
    ["Redis", { admin_consumer: "admin", redis }, ["info plugin start successfully"]],
    [
      "a Redis that the gateway does not know",
      { admin_consumer: "admin", redis: { service_name: "elsewhere.dns" } },
      [
        "warn failed to init redis: error status returned by host: bad argument, will retry later",
        "info plugin start successfully",
      ],
    ],
    [
      "balances in the gateway",
      SHARED,
      [
        "warn balances are kept in the memory of this gateway: each gateway has its own, and they are lost when it restarts",
        "info plugin start successfully",
      ],
    ],
    [
      "grants for every model that a header names",
      { admin_consumer: "admin", redis, by_model: true, default_quota: 5, model_header: "X-Model" },
      [
        "warn by_model believes x-model: whoever may invent names of models there has default_quota for each",
      ],
    ],
    [
      "no configuration",
      "",
      [
        "warn config is empty, but has ParseConfigFunc",
        "warn parse rule config failed: missing admin_consumer in config",
        "error plugin start failed",
      ],
    ],
    [
      "what is not JSON: its length, never its text",
      "hello",
      ["warn the plugin configuration is not a valid json: 5 bytes"],
    ],
    [
      "a bad global part beside rules",
      { redis, _rules_: [{ admin_consumer: "admin", redis, _match_route_: ["r"] }] },
      [
        "error global config is refused, only rules apply: missing admin_consumer in config",
        "info plugin start successfully",
      ],
    ],
  ];

  test.each(cases)("%s", async (_what, config, expected) => {
    const { lines } = await load(config);
    expect(lines.slice(0, expected.length)).toEqual(expected);
  });
});

test("without redis and store an Envoy keeps balances itself", async () => {
  expect(firstStart(await loadAlone("token-quota", { admin_consumer: "admin" }))).toEqual([
    "warn balances are kept in the memory of this gateway: each gateway has its own, and they are lost when it restarts",
    "info plugin start successfully",
  ]);
});

test("the token of an endpoint may come from the environment of the VM", async () => {
  const rest = upstream().reply(200, { json: { result: "5" } });
  const config = (name: string) => ({
    admin_consumer: "admin",
    store: { type: "redis-http", cluster_name: "rest", token: { value_from_env: name } },
  });
  const env = { REST_TOKEN: "from-env" };
  const open = (name: string) =>
    gateway(config(name), {
      plugins: [tokenQuota(config(name), { env })],
      clusters: { rest, backend: upstream() },
    });
  const host = await open("REST_TOKEN");
  await chat(host, "alice");
  const [request] = rest.requests;
  expect(request?.headers).toContainEqual(["authorization", "Bearer from-env"]);
  await host.close();
  await expect(open("OTHER")).rejects.toThrow(LoadError);
});

test("plain Envoy has no call for Redis, and says what there is", async () => {
  const start = gateway({ admin_consumer: "admin", redis: { service_name: "redis.dns" } });
  const error = await start.then(null, (reason: unknown) => reason);
  if (!(error instanceof LoadError)) throw error;
  expect(error.logs.map(({ text }) => text).join("\n")).toContain(
    "redis: Envoy has no call for Redis; use store with type redis-http, or shared",
  );
});

test("no start, good or bad, writes a secret into the log", async () => {
  const configs = [
    ...validConfigurations("token-quota").map(([, config]) => config),
    ...refusedConfigurations("token-quota").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => line.includes("secret-token"))).toEqual([]);
  }
});
