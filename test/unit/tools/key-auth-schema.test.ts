import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileSchema, type ConfigSchema } from "../../../build/tools/generate/schema.js";

const FILE = "plugins/key-auth/config.schema.json";
const verdict = compileSchema(JSON.parse(readFileSync(FILE, "utf8")) as ConfigSchema);

const CONSUMERS = [{ name: "a", credential: "k" }];
/** The smallest configuration of the Go profile. */
const GO = { keys: ["x-api-key"], in_header: true, consumers: CONSUMERS };
const HASH = `sha256:${"a".repeat(64)}`;
const consumer = (fields: object): object => ({ ...GO, consumers: [{ name: "a", ...fields }] });
const rules = (...list: object[]): object => ({ ...GO, _rules_: list });

describe("the schema of key-auth accepts", () => {
  it.each<[string, object]>([
    ["the smallest Go configuration", GO],
    ["a single value where a list is meant", { ...GO, keys: "x-api-key", consumers: CONSUMERS[0] }],
    ["a flag that is present but null", { ...GO, in_header: null }],
    ["a number as a key", consumer({ credential: 12 })],
    ["several keys", consumer({ credentials: ["k1", 2] })],
    ["a hashed key alone", consumer({ hash: HASH })],
    ["structured keys alone", consumer({ api_keys: [{ key: "k", expires_at: 1 }] })],
    ["a rule with one allowed consumer as text", rules({ _match_route_: "r", allow: "a" })],
    ["a disabled rule without allow", rules({ _match_route_: ["r"], _disable_: true })],
    ["an empty list of rules", { ...GO, _rules_: [] }],
    [
      "a bad global part beside rules",
      { keys: [], _rules_: [{ _match_route_: ["r"], allow: "a" }] },
    ],
    ["rules alone", { _rules_: [{ _match_domain_: ["*"], allow: ["a"] }] }],
    [
      "what the console writes",
      {
        global_auth: false,
        allow: [],
        keys: ["x-higress-dummy-key"],
        consumers: [
          {
            name: "a",
            keys: ["Authorization"],
            credentials: ["Bearer k"],
            in_header: true,
            in_query: false,
          },
        ],
        _rules_: [{ _match_route_: ["r"], allow: [] }],
      },
    ],
    ["the console right after switching on", { keys: ["x-higress-dummy-key"], consumers: [] }],
    ["anonymous keys of the C++ plugin", { keys: ["k"], credentials: ["c"] }],
    ["C++ without flags, when told so", { compat: "cpp", keys: ["k"], consumers: CONSUMERS }],
    [
      "a C++ rule with its own consumers",
      {
        consumers: CONSUMERS,
        keys: "k",
        _rules_: [{ _match_route_: ["r"], consumers: CONSUMERS, keys: "k" }],
      },
    ],
  ])("%s", (_what, document) => {
    expect(verdict(document)).toBeNull();
  });
});

describe("the schema of key-auth refuses", () => {
  it.each<[string, object]>([
    ["an empty document", {}],
    ["an empty list of rules and nothing else", { _rules_: [] }],
    ["a Go configuration without in_query and in_header", { keys: ["k"], consumers: CONSUMERS }],
    ["no key names", { ...GO, keys: [] }],
    ["no consumers", { ...GO, consumers: [] }],
    ["a consumer without a name", { ...GO, consumers: [{ credential: "k" }] }],
    ["a consumer with an empty name", { ...GO, consumers: [{ name: "", credential: "k" }] }],
    ["a consumer without any key", consumer({})],
    ["an empty key", consumer({ credential: "" })],
    ["credential beside credentials", consumer({ credential: null, credentials: ["k"] })],
    ["one text as credentials", consumer({ credentials: "k" })],
    ["an empty element of credentials", consumer({ credentials: ["k", ""] })],
    ["an unknown kind of hash", consumer({ hash: "md5:00" })],
    ["a structured key with both key and hash", consumer({ api_keys: [{ key: "k", hash: HASH }] })],
    ["a time nobody can read", consumer({ api_keys: [{ key: "k", expires_at: "soon" }] })],
    ["a rule without a match", rules({ allow: ["a"] })],
    ["a rule whose match is empty", rules({ _match_route_: [""], allow: ["a"] })],
    ["a Go rule without allow", rules({ _match_route_: ["r"] })],
    ["a Go rule with an empty allow", rules({ _match_route_: ["r"], allow: [] })],
    ["an unknown error format", { ...GO, error_format: "xml" }],
    ["another status for an unknown key", { ...GO, unknown_key_status: 404 }],
    ["a provider key with no value", { ...GO, provider_keys: [{ provider: "p" }] }],
    ["anonymous keys beside consumers", { keys: "k", credentials: ["c"], consumers: CONSUMERS }],
    [
      "C++ with both flags off",
      { keys: "k", credentials: ["c"], in_query: false, in_header: false },
    ],
    [
      "a repeated key in C++",
      { compat: "cpp", keys: "k", consumers: [{ name: "a", credentials: ["k", "k"] }] },
    ],
    [
      "a bad global part beside rules under strict_config",
      { strict_config: true, keys: [], _rules_: [{ _match_route_: ["r"], allow: ["a"] }] },
    ],
  ])("%s", (_what, document) => {
    expect(verdict(document)).not.toBeNull();
  });
});
