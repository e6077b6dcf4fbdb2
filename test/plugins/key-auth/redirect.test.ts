import { type Host, type NativeFilter } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { GO, gateway, keyAuth, seen } from "./support.js";

describe("a request that comes back after an internal redirect", () => {
  const strips = { ...GO, forward_credential: false };

  /** Stands for the first pass: what it left behind survives the redirect. */
  function earlier(value: string): NativeFilter {
    return {
      native: {
        requestHeaders: (_headers, _end, control) =>
          control.setFilterState("key_auth.consumer", value),
      },
    };
  }

  function again(config: object, value: string): Promise<Host> {
    return gateway("", { plugins: [earlier(value), keyAuth(config)] });
  }

  test("is recognised by name and key id, without its key", async () => {
    // The second of two equal instances meets what the first one left.
    const plugins = [keyAuth(strips), keyAuth(strips)];
    const host = await gateway("", { plugins });
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(answer.status).toBe(200);
    expect(Buffer.from(answer.filterState["key_auth.consumer"] ?? []).toString()).toMatch(
      /^c1\n[0-9a-f]{8}$/,
    );
    expect(seen(host)?.get("x-mse-consumer")).toBe("c1");
    expect(seen(host)?.get("x-api-key")).toBeUndefined();
    await host.close();
  });

  test("is recognised on a route that forwards keys, too", async () => {
    const config = {
      ...strips,
      global_auth: true,
      consumers: [{ name: "c1", api_keys: [{ id: "id", key: "k1" }] }],
      _rules_: [{ _match_domain_: ["*"], allow: ["c1"], forward_credential: true }],
    };
    const host = await again(config, "c1\nid");
    expect((await host.fetch("/")).status).toBe(200);
    await host.close();
  });

  test("is recognised when its key has no consumer", async () => {
    const config = { keys: ["x-api-key"], credentials: ["k1"], forward_credential: false };
    const plugins = [keyAuth(config), keyAuth(config)];
    const host = await gateway("", { plugins });
    expect((await host.fetch("/", { headers: { "x-api-key": "k1" } })).status).toBe(200);
    await host.close();
  });

  test("is recognised by any label, also one of several lines", async () => {
    const config = {
      ...strips,
      consumers: [{ name: "c1", api_keys: [{ id: "a\nb", key: "k1" }] }],
    };
    const host = await again(config, "c1\na\nb");
    expect((await host.fetch("/")).status).toBe(200);
    await host.close();
  });

  test("is recognised by a key that is known as HMAC only", async () => {
    const hash = `hmac-sha256:${"ab".repeat(32)}`;
    const config = { ...strips, consumers: [{ name: "c1", api_keys: [{ id: "id", hash }] }] };
    const host = await again(config, "c1\nid");
    expect((await host.fetch("/")).status).toBe(200);
    await host.close();
  });

  test("is searched for a key when what was left behind is empty", async () => {
    const host = await again(strips, "");
    expect((await host.fetch("/", { headers: { "x-api-key": "k1" } })).status).toBe(200);
    expect((await host.fetch("/")).details).toBe("key-auth.no_key");
    await host.close();
  });

  test("is judged again from validity on", async () => {
    const consumers = [
      { name: "off", api_keys: [{ id: "id", key: "k1", disabled: true }] },
      { name: "picky", api_keys: [{ id: "id", key: "k2" }], allow_models: ["m"] },
      { name: "c1", api_keys: [{ id: "id", key: "k3" }] },
    ];
    const _rules_ = [{ _match_domain_: ["closed.test"], allow: ["nobody"] }];
    const config = { ...strips, global_auth: true, consumers, _rules_ };
    const ask = async (name: string, target = "/") => {
      const host = await again(config, `${name}\nid`);
      const { details } = await host.fetch(target);
      await host.close();
      return details;
    };
    expect(await ask("off")).toBe("key-auth.disabled_key");
    expect(await ask("picky")).toBe("key-auth.model_unknown");
    expect(await ask("c1")).toBe("via_upstream");
    expect(await ask("c1", "http://closed.test/")).toBe("key-auth.unauthorized");
  });

  test.each(["nobody\nid", "c1\nother", "c1", "\n", "c1\nid\n"])(
    "is searched for a key when %j is not of this configuration",
    async (value) => {
      const config = {
        ...strips,
        consumers: [{ name: "c1", api_keys: [{ id: "id", key: "k1" }] }],
      };
      const host = await again(config, value);
      expect((await host.fetch("/", { headers: { "x-api-key": "k1" } })).status).toBe(200);
      expect((await host.fetch("/")).details).toBe("key-auth.no_key");
      await host.close();
    },
  );

  test("is searched for a key where no route strips any", async () => {
    const host = await again(GO, "c1\nid");
    expect((await host.fetch("/")).status).toBe(401);
    await host.close();
  });

  test("the property is declared to outlive the redirect, once per configuration", async () => {
    const config = {
      ...strips,
      _rules_: [{ _match_route_: ["r"], allow: ["c1"], forward_credential: false }],
    };
    const host = await gateway(config);
    const calls = host.calls("proxy_call_foreign_function");
    expect(calls.count).toBe(1);
    await host.close();
    const other = await gateway(GO);
    expect(other.calls("proxy_call_foreign_function").count).toBe(0);
    await other.close();
  });
});
