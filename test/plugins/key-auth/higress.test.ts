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

  describe("routes that match on the consumer", () => {
    /** c1 is sent to `own`, whoever has no name or another one to `open`. */
    const start = (config: object): Promise<Host> =>
      higress(profile, config, {
        clusters: { own: upstream().reply(200), open: upstream().reply(200) },
        routes: [
          { name: "own", match: { headers: { "x-mse-consumer": "c1" } }, cluster: "own" },
          { name: "open", cluster: "open" },
        ],
        strict: "off", // the name re-routes on purpose
      });
    const onOpen = { _match_route_: ["open"], allow: ["c1"] };
    const onOwn = { _match_route_: ["own"], allow: ["c1"] };
    /** Where a request went, or else its status. */
    const ask = async (config: object, headers: Record<string, string>) => {
      const host = await start(config);
      const reply = await host.fetch("/", { headers });
      await host.close();
      return reply.upstream[0]?.cluster ?? reply.status;
    };
    const named = { "x-mse-consumer": "c1" };

    test("the rule of the route that is left holds", async () => {
      const config = { ...GO, global_auth: true, _rules_: [onOpen] };
      expect(await ask(config, { "x-api-key": "k2", ...named })).toBe(403);
      expect(await ask(config, { "x-api-key": "k1", ...named })).toBe("own");
      expect(await ask(config, { "x-api-key": "k1" })).toBe("own");
      const closed = { ...config, _rules_: [onOpen, { ...onOwn, allow: ["c2"] }] };
      expect(await ask(closed, { "x-api-key": "k1" })).toBe(403);
    });

    test("so it does when a name is removed where no key was wanted", async () => {
      const config = {
        ...GO,
        global_auth: false,
        strip_consumer_header: "always",
        _rules_: [onOpen],
      };
      expect(await ask(config, named)).toBe(401);
      expect(await ask(config, { "x-api-key": "k2", ...named })).toBe(403);
      expect(await ask(config, { "x-api-key": "k1", ...named })).toBe("own");
      expect(await ask({ ...config, strip_consumer_header: "auth_only" }, named)).toBe("own");
      const elsewhere = { ...config, _rules_: [{ ...onOpen, _match_route_: ["none"] }] };
      expect(await ask(elsewhere, named)).toBe("open");
    });

    test.each([
      ["of the rule there", { ...onOwn, provider: "b" }, "Bearer key-b", undefined],
      ["and models of no other rule", { ...onOwn, allow_models: ["m"] }, undefined, 403],
      ["and none where anybody comes in", { ...onOwn, _disable_: true }, undefined, undefined],
    ])("the provider's key is that %s", async (_, rule, lent, status) => {
      const host = await start({
        ...GO,
        global_auth: true,
        provider_keys: ["a", "b"].map((provider) => ({ provider, value: `key-${provider}` })),
        _rules_: [{ ...onOpen, provider: "a" }, rule],
      });
      const reply = await host.fetch("/", { headers: { "x-api-key": "k1" } });
      expect(reply.status).toBe(status ?? 200);
      expect(reply.upstream[0]?.get("authorization")).toBe(lent);
      await host.close();
    });

    test("a rule there with consumers of its own wants a key of theirs", async () => {
      const owned = (name: string, credential: string) => ({
        ...GO,
        global_auth: true,
        compat: "cpp",
        _rules_: [
          { _match_route_: ["own"], keys: ["x-api-key"], consumers: [{ name, credential }] },
        ],
      });
      expect(await ask(owned("c1", "k1"), { "x-api-key": "k1" })).toBe("own");
      expect(await ask(owned("c1", "k3"), { "x-api-key": "k1" })).toBe(401);
      // Its name leads away again: the request would be sent from rule to rule.
      expect(await ask(owned("c3", "k1"), { "x-api-key": "k1" })).toBe(403);
    });
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
