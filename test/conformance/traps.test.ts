import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HostileHost } from "./hostile-host.js";
import { HOSTILE_BYTES } from "./hostile-bytes.js";

/** Configurations that switch on as much of a plugin as possible, and values that reach its depths. */
const PLUGINS: Record<string, { configurations: string[]; sensible: Record<string, string[]> }> = {
  "key-auth": {
    configurations: [
      JSON.stringify({
        global_auth: true,
        keys: ["authorization", "x-api-key", "apikey"],
        in_header: true,
        in_query: true,
        query_fallback: true,
        trust_original_auth: true,
        forward_credential: false,
        provider: "openai",
        provider_keys: [
          { provider: "openai", value: "sk-provider", weight: 3 },
          { provider: "openai", value: "sk-provider-2" },
        ],
        error_format: "openai",
        consumers: [
          {
            name: "team-a",
            credential: "key-of-team-a-0001",
            allow_models: ["gpt-*", "*-mini"],
            expires_at: "2999-01-01T00:00:00Z",
            group: "g",
          },
          { name: "team-b", credentials: ["key-of-team-b-0002", "Bearer key-of-team-b-0003"] },
        ],
        _rules_: [
          { _match_domain_: ["*.example.com"], allow: ["team-a"] },
          { _match_route_: ["r"], _match_service_: ["s.dns:80"], allow: ["team-b"] },
        ],
      }),
      JSON.stringify({
        global_auth: true,
        keys: ["x-higress-dummy-key"],
        consumers: [
          {
            name: "team-a",
            keys: ["Authorization"],
            credentials: ["Bearer key-of-team-a-0001"],
            in_header: true,
            in_query: true,
            deny_models: ["gpt-4o"],
          },
          { name: "team-b", credential: "key-of-team-b-0002" },
        ],
        _rules_: [{ _match_route_prefix_: ["r"], allow: ["team-a"] }],
      }),
    ],
    sensible: {
      authorization: ["Bearer key-of-team-a-0001", "bearer  key-of-team-b-0003"],
      "x-api-key": ["key-of-team-a-0001", "key-of-team-b-0002"],
      "x-hi-original-auth": ["Bearer key-of-team-a-0001", "Bearer sk-other"],
      ":path": [
        "/v1/chat/completions",
        "/v1/chat/completions?apikey=key-of-team-a-0001&x=1",
        "/v1/models/gpt-4o:generateContent",
        "/openai/deployments/gpt-4o/chat/completions",
      ],
      ":method": ["POST", "GET"],
      ":authority": ["a.example.com:8080", "[::1]:80"],
      "content-type": ["application/json", "multipart/form-data; boundary=x"],
      "*": [
        '{"model":"gpt-4o-mini","messages":[]}',
        '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o\r\n--x--',
        "outbound|80||s.dns",
        "r",
      ],
    },
  },
};

const STEPS = 1500;
const SEEDS = 25;

/** Host functions these configurations do not lead to: the pepper needs an environment. */
const UNREACHED = ["environ_get", "environ_sizes_get"];

describe.each(Object.keys(PLUGINS))("%s never traps", (plugin) => {
  const { configurations, sensible } = PLUGINS[plugin]!;

  test.each(["envoy", "higress"])("whatever a host calls and answers (%s build)", (host) => {
    const called = new Set<string>();
    let imported: string[] | undefined;
    for (const configuration of configurations) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const wasm = `build/${host}/${plugin}.wasm`;
        const hostile = new HostileHost({ wasm, configuration, sensible, seed });
        imported ??= hostile.imported;
        expect(hostile.start(), "the configuration is accepted").toBe(true);
        for (let step = 0; step < STEPS; step++) hostile.step();
        expect(hostile.memorySize, `memory after seed ${seed}`).toBeLessThan(64 * 2 ** 20);
        for (const name of hostile.called) called.add(name);
      }
    }
    // Proof that the run got deep enough to mean something.
    const expected = imported?.filter((name) => !UNREACHED.includes(name)).sort();
    expect([...called].filter((name) => !UNREACHED.includes(name)).sort()).toEqual(expected);
  });

  test("whatever its configuration is", () => {
    const wasm = `build/envoy/${plugin}.wasm`;
    const refusals = HOSTILE_BYTES.map((bytes) => Buffer.from(bytes).toString("latin1"));
    for (const configuration of [...refusals, ...cuts(configurations[0]!)]) {
      new HostileHost({ wasm, configuration, seed: 1 }).start();
    }
  });

  test("whatever type the fields of its configuration have", () => {
    const wasm = `build/envoy/${plugin}.wasm`;
    for (const configuration of configurations.flatMap(retyped)) {
      new HostileHost({ wasm, configuration, seed: 1 }).start();
    }
  });
});

test("every plugin of the set is listed here", () => {
  const plugins = readdirSync("plugins").filter((name) => existsSync(`plugins/${name}/assembly`));
  expect(Object.keys(PLUGINS).sort()).toEqual(plugins.sort());
  for (const name of plugins)
    expect(readFileSync(`build/envoy/${name}.wasm`).length).toBeGreaterThan(0);
});

/** The text cut off after each of its bytes. */
function cuts(text: string): string[] {
  return Array.from({ length: text.length }, (_, length) => text.slice(0, length));
}

/** The document with each value in turn replaced by a value of each other type. */
function retyped(text: string): string[] {
  const replacements = [null, true, 0, -1, 1e300, "", "x", [], [[]], {}, { a: {} }, [null]];
  const results: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const holder = node as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      const original = holder[key];
      for (const replacement of replacements) {
        holder[key] = replacement;
        results.push(JSON.stringify(document));
      }
      holder[key] = original;
      visit(original);
    }
  };
  const document: unknown = JSON.parse(text);
  visit(document);
  return results;
}
