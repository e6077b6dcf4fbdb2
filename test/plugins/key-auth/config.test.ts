import { describe, expect, test } from "vitest";
import {
  refusedConfigurations,
  testConfigurations,
  validConfigurations,
} from "../configurations.js";
import { load } from "./support.js";

testConfigurations({ plugin: "key-auth", load });

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
      "what is not JSON: its length, never its text",
      "hello",
      ["warn the plugin configuration is not a valid json: 5 bytes"],
    ],
    [
      "a configuration for the C++ plugin that is not recognised",
      { keys: ["k"], consumers },
      [
        "warn set compat: cpp for the C++ key-auth",
        "warn parse rule config failed: parse config failed, no valid rules; global config parse error:must one of in_query/in_header required",
        "error plugin start failed",
      ],
    ],
    [
      "a configuration that says it is for the Go plugin",
      { compat: "go", keys: ["k"], consumers },
      [
        "warn parse rule config failed: parse config failed, no valid rules; global config parse error:must one of in_query/in_header required",
        "error plugin start failed",
      ],
    ],
    [
      "short keys",
      { ...go, consumers: [{ name: "a", credentials: ["short", "exactly-16-bytes", "x"] }] },
      ["warn 2 credentials have less than 16 characters", "info plugin start successfully"],
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
        "info set strip_consumer_header: always, or clients can name themselves",
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
        "warn set compat: cpp for the C++ key-auth",
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
    expect(lines.slice(0, expected.length)).toEqual(expected);
  });

  test("debug lines say which part is read", async () => {
    const config = { ...go, consumers, _rules_: [{ _match_route_: ["r"], allow: ["a"] }] };
    const { lines } = await load(config, { logLevel: "debug" });
    expect(lines.slice(0, 2).concat(lines[3] ?? "")).toEqual([
      "debug global config",
      expect.stringContaining("info set strip_consumer_header: always"),
      "info plugin start successfully",
    ]);
    expect(lines[2]).toBe("debug domain/route config");
  });
});

test("no start, good or bad, writes a credential into the log", async () => {
  const secrets = /secret-key-of-a|another-key-of-a|\bsk-|hello|abababab|cdcdcdcd/;
  const configs = [
    ...validConfigurations("key-auth").map(([, config]) => config),
    ...refusedConfigurations("key-auth").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => secrets.test(line))).toEqual([]);
  }
});
