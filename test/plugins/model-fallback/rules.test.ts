import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway, JSON_TYPE, load, TARGET } from "./support.js";

// `_rules_` beside `role: upstream`: an attempt has the host and path of its target, not the
// client's, so in the upstream chain the global part alone counts.

const RULED: Json = {
  targets: [{ name: "a", cluster: "backend", model: "global", auth: { apiTokens: ["key-a"] } }],
  _rules_: [
    { _match_domain_: ["a.test"], targets: [{ name: "a", cluster: "backend", model: "ruled" }] },
    { _match_domain_: ["off.test"], _disable_: true },
  ],
};

async function sent(url: string) {
  await using host = await gateway(RULED as object);
  const init = { method: "POST", headers: { ...JSON_TYPE, authorization: "Bearer client" } };
  const answer = await host.fetch(url, { ...init, body: '{"model":"m","messages":[]}' }).settle();
  const { headers, body } = answer.upstream[0]!;
  return {
    model: (JSON.parse(body) as { model: string }).model,
    key: headers.find(([name]) => name === "authorization")?.[1],
    served: answer.headers.get("x-llm-target"),
  };
}

describe("in the upstream chain", () => {
  test("a rule takes no attempt away from the global part", async () => {
    expect(await sent(TARGET)).toEqual({ model: "global", key: "Bearer key-a", served: "a" });
  });

  test("nor does one that switches the listener's part off", async () => {
    const url = TARGET.replace("a.test", "off.test");
    expect(await sent(url)).toMatchObject({ key: "Bearer key-a", served: null });
  });

  test("a refused global part is refused, whatever rules there are", async () => {
    const rules = [{ _match_domain_: ["a.test"], targets: [{ name: "a" }] }];
    const { accepted, lines } = await load({ role: "upstream", targets: [], _rules_: rules });
    expect(accepted).toBe(false);
    expect(lines.join("\n")).toContain("targets must not be empty");
  });

  test("a rule is checked all the same", async () => {
    const rules = [{ _match_domain_: ["a.test"], targets: [] }];
    const { accepted } = await load({ role: "upstream", targets: [{ name: "a" }], _rules_: rules });
    expect(accepted).toBe(false);
  });
});
