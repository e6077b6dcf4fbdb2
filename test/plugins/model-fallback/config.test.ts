import { describe, expect, test } from "vitest";
import {
  refusedConfigurations,
  testConfigurations,
  validConfigurations,
} from "../configurations.js";
import { load } from "./support.js";

testConfigurations({ plugin: "model-fallback", load });

describe("what a start warns of", () => {
  const targets = [{ name: "a" }, { name: "b" }];
  test.each<[string, object, string]>([
    [
      "unknown fields",
      { targets, what: 1, ever: 2 },
      "warn unknown fields are ignored: what, ever",
    ],
    [
      "an external target that gets clients' credentials",
      { targets: [{ name: "a", external: true, auth: { type: "keep" } }] },
      "warn target a is external and gets clients' credentials",
    ],
    [
      "a rule that names targets where the router chooses",
      { targets, errors: { onBody: { path: "a", in: "b", targets: "b" } } },
      "warn errors.onBody[].targets is for strategy replay only",
    ],
    [
      "health checks of Higress",
      {
        providers: [{ id: "a", type: "openai", failover: { healthCheckModel: "m" } }],
      },
      "warn failover.healthCheck* is ignored: requests probe",
    ],
  ])("%s", async (_what, config, line) => {
    const { accepted, lines } = await load(config);
    expect(accepted).toBe(true);
    expect(lines[0]).toBe(line);
  });
});

test("no start, good or bad, writes a key into the log", async () => {
  const configs = [
    ...validConfigurations("model-fallback").map(([, config]) => config),
    ...refusedConfigurations("model-fallback").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const text = JSON.stringify(config).replaceAll('"k"', '"secret-token"');
    const { lines } = await load(text.replaceAll("a\\nb", "secret-token\\nb"));
    expect(lines.filter((line) => line.includes("secret-token"))).toEqual([]);
  }
});
