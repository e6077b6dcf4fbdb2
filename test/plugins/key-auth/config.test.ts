import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileSchema, type ConfigSchema } from "../../../build/tools/generate/schema.js";
import { load, type Loaded } from "./support.js";

/** A refused configuration, in `config/invalid/`. */
interface Refusal {
  config: object;
  /** What follows `parse rule config failed: ` in the log. */
  message: string;
  /** `accepts`: JSON Schema cannot say this rule. */
  schema?: "accepts";
}

const FOLDER = "test/plugins/key-auth/config";
const schema = JSON.parse(
  readFileSync("plugins/key-auth/config.schema.json", "utf8"),
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
      /^info \[key-auth\] \[\w+\] \[nil\] plugin start succ/,
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
      `warn [key-auth] [nil] [nil] parse rule config failed: ${message}`,
      "error [key-auth] [nil] [nil] plugin start failed",
    ]);
    if (schema === "accepts") expect(verdict(config)).toBeNull();
    else expect(verdict(config)).not.toBeNull();
  });
});

describe("what a start logs", () => {
  const go = { keys: ["x-api-key"], in_header: true };
  const consumers = [{ name: "a", credential: "long-enough-for-sure" }];
  const cases: [string, object | string, string[]][] = [
    ["a good configuration", { ...go, consumers }, ["info plugin start successfully"]],
    [
      "no configuration",
      "",
      [
        "warn config is empty, but has ParseConfigFunc",
        "warn parse rule config failed: keys is required",
        "error plugin start failed",
      ],
    ],
    [
      "what is not JSON: its length and digest, never its text",
      "hello",
      ["warn the plugin configuration is not a valid json: 5 bytes, sha256:2cf24dba"],
    ],
    [
      "a configuration for the C++ plugin that is not recognised",
      { keys: ["k"], consumers },
      [
        "warn if this configuration was written for the C++ key-auth, set compat: cpp",
        "warn parse rule config failed: parse config failed, no valid rules; global config parse error:must one of in_query/in_header required",
        "error plugin start failed",
      ],
    ],
    [
      "short keys",
      { ...go, consumers: [{ name: "a", credentials: ["short", "exactly-16-bytes", "x"] }] },
      [
        "warn 2 credentials are shorter than 16 characters and can be guessed",
        "info plugin start successfully",
      ],
    ],
    [
      "repeated header names",
      { ...go, keys: ["X-Key", "x-key"], consumers },
      ["warn keys: empty and repeated header names are ignored", "info plugin start successfully"],
    ],
    [
      "open routes",
      { ...go, global_auth: false, consumers },
      [
        "info clients can name themselves on routes that stay open; set strip_consumer_header: always unless another plugin authenticates there",
        "info plugin start successfully",
      ],
    ],
    [
      "open routes that are cleaned",
      { ...go, global_auth: false, strip_consumer_header: "always", consumers },
      ["info plugin start successfully"],
    ],
    [
      "a bad global part beside rules",
      { _rules_: [{ _match_route_: ["r"], allow: ["a"] }], keys: "k" },
      [
        "warn if this configuration was written for the C++ key-auth, set compat: cpp",
        "error global config is refused, only rules apply: must one of in_query/in_header required",
        "info plugin start successfully",
      ],
    ],
    [
      "a rule with consumers of its own",
      {
        compat: "cpp",
        global_auth: true,
        keys: ["k"],
        consumers,
        _rules_: [{ _match_route_: ["r"], keys: ["o"], consumers }],
      },
      [
        "warn a rule has consumers of its own; they are enforced whatever global_auth says",
        "info plugin start successfully",
      ],
    ],
    [
      "a rule with bad consumers of its own",
      {
        compat: "cpp",
        global_auth: true,
        keys: ["k"],
        consumers,
        _rules_: [{ _match_route_: ["r"], allow: ["a"], credentials: ["x"] }],
      },
      [
        "error local config of a rule is refused: at least one key has to be configured for a rule.",
        "info plugin start successfully",
      ],
    ],
  ];

  test.each(cases)("%s", async (_what, config, expected) => {
    const { lines } = await load(config);
    const canary = lines.slice(0, expected.length);
    expect(canary.map((line) => line.replace("[key-auth] [nil] [nil] ", ""))).toEqual(expected);
  });

  test("debug lines say which part is read", async () => {
    const config = { ...go, consumers, _rules_: [{ _match_route_: ["r"], allow: ["a"] }] };
    const { lines } = await load(config, { logLevel: "debug" });
    expect(lines.slice(0, 2).concat(lines[3] ?? "")).toEqual([
      "debug [key-auth] [nil] [nil] global config",
      expect.stringContaining("info [key-auth]"),
      "info [key-auth] [nil] [nil] plugin start successfully",
    ]);
    expect(lines[2]).toBe("debug [key-auth] [nil] [nil] domain/route config");
  });
});

test("no start, good or bad, writes a credential into the log", async () => {
  const secrets = /secret-key-of-a|another-key-of-a|\bsk-|hello|abababab|cdcdcdcd/;
  const configs = [
    ...read<object>("valid").map(([, config]) => config),
    ...read<Refusal>("invalid").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => secrets.test(line))).toEqual([]);
  }
});
