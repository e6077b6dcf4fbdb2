import { readdirSync, readFileSync } from "node:fs";
import { LoadError } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { compileSchema, type ConfigSchema } from "../../../build/tools/generate/schema.js";
import { gateway, load, type Loaded } from "./support.js";

/** A refused configuration, in `config/invalid/`. */
interface Refusal {
  config: object;
  /** What follows `parse rule config failed: ` in the log. */
  message: string;
  /** `accepts`: JSON Schema cannot say this rule. */
  schema?: "accepts";
}

const FOLDER = "test/plugins/token-quota/config";
const schema = JSON.parse(
  readFileSync("plugins/token-quota/config.schema.json", "utf8"),
) as ConfigSchema;
const verdict = compileSchema(schema);

function read<T>(kind: string): [name: string, content: T][] {
  const names = readdirSync(`${FOLDER}/${kind}`).sort();
  return names.map((name) => [
    name.replace(/\.json$/, ""),
    JSON.parse(readFileSync(`${FOLDER}/${kind}/${name}`, "utf8")) as T,
  ]);
}

/** Lines of one start: the canary's, which is the first. */
function firstStart({ lines }: Loaded): string[] {
  const end = lines.findIndex((line) => /plugin start (failed|successfully)$/.test(line));
  return lines.slice(0, end + 1);
}

describe("plugin and schema accept", () => {
  test.each(read<object>("valid"))("%s", async (_name, config) => {
    expect(verdict(config)).toBeNull();
    const started = await load(config);
    expect(firstStart(started).at(-1)).toMatch(
      /^info \[token-quota\] \[\w+\] \[nil\] plugin start succ/,
    );
  });

  test.each(schema.examples.map((example, i) => [`example ${i + 1} of the schema`, example]))(
    "%s",
    async (_name, example) => {
      expect(verdict(example)).toBeNull();
      expect((await load(example as object)).accepted).toBe(true);
    },
  );
});

describe("plugin and schema refuse", () => {
  test.each(read<Refusal>("invalid"))("%s", async (_name, { config, message, schema }) => {
    const started = await load(config);
    expect(started.accepted).toBe(false);
    expect(firstStart(started).slice(-2)).toEqual([
      `warn [token-quota] [nil] [nil] parse rule config failed: ${message}`,
      "error [token-quota] [nil] [nil] plugin start failed",
    ]);
    if (schema === "accepts") expect(verdict(config)).toBeNull();
    else expect(verdict(config)).not.toBeNull();
  });
});

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
      { admin_consumer: "admin" },
      [
        "warn balances are kept in the memory of this gateway: each gateway has its own, and they are lost when it restarts",
        "info plugin start successfully",
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
      "what is not JSON: its length and digest, never its text",
      "hello",
      ["warn the plugin configuration is not a valid json: 5 bytes, sha256:2cf24dba"],
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
    const canary = lines.slice(0, expected.length);
    expect(canary.map((line) => line.replace("[token-quota] [nil] [nil] ", ""))).toEqual(expected);
  });
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
    ...read<object>("valid").map(([, config]) => config),
    ...read<Refusal>("invalid").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => line.includes("secret-token"))).toEqual([]);
  }
});
