import { upstream, type Host, type HostOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway, GO, keyAuth, RESTRICTED } from "./support.js";

/** A Higress gateway with the Higress build. */
function higress(
  profile: "higress-2.1" | "higress-2.2",
  config: object,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  const wasm = "build/higress/key-auth.wasm";
  return gateway("", { profile, plugins: [keyAuth(config, { wasm })], ...options });
}

describe.each(["higress-2.1", "higress-2.2"] as const)("%s", (profile) => {
  test("a request stays on the route that its key chose, when the key is removed", async () => {
    const host = await higress(
      profile,
      { ...GO, forward_credential: false },
      {
        clusters: { keyed: upstream().reply(200), open: upstream().reply(200) },
        routes: [
          { name: "keyed", match: { headers: { "x-api-key": "k1" } }, cluster: "keyed" },
          { name: "open", cluster: "open" },
        ],
      },
    );
    const reply = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(reply.upstream.map(({ cluster }) => cluster)).toEqual(["keyed"]);
    await host.close();
  });

  test("a route may still be chosen by the name of the consumer", async () => {
    const host = await higress(
      profile,
      { ...GO, forward_credential: false },
      {
        clusters: { own: upstream().reply(200), open: upstream().reply(200) },
        routes: [
          { name: "own", match: { headers: { "x-mse-consumer": "c1" } }, cluster: "own" },
          { name: "open", cluster: "open" },
        ],
        strict: "off", // the name re-routes on purpose
      },
    );
    const reply = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(reply.upstream.map(({ cluster }) => cluster)).toEqual(["own"]);
    await host.close();
  });

  test("a body larger than the gateway holds by itself is read for its model", async () => {
    const host = await higress(profile, RESTRICTED);
    const body = JSON.stringify({ model: "good", input: "x".repeat(100_000) });
    const reply = await host.fetch("/", { method: "POST", headers: { "x-api-key": "k1" }, body });
    expect(reply.status).toBe(200);
    await host.close();
  });

  test("leaves the id of a request as property, also where it is off, and no empty one", async () => {
    const host = await higress(profile, {
      keys: "bad",
      _rules_: [{ _match_route_: ["other"], allow: ["c1"] }],
    });
    const named = await host.fetch("/", { headers: { "x-request-id": "id-1" } });
    expect(named.status).toBe(200);
    expect(Buffer.from(named.filterState["x_request_id"] ?? []).toString()).toBe("id-1");
    const unnamed = await host.fetch("/", { headers: { "x-request-id": "" } });
    expect(unnamed.filterState).not.toHaveProperty("x_request_id");
    await host.close();
  });
});
