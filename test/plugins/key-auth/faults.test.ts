import { type HostOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { GO, RESTRICTED, countSeen, gateway } from "./support.js";

describe("a refusal the host does not take (deviation D6)", () => {
  const options: Partial<HostOptions> = { strict: "off" };

  test("at the headers: the request is never released", async () => {
    const host = await gateway(GO, options);
    host.inject.status("proxy_send_local_response", 10);
    const stream = host.stream("POST /");
    expect(await stream.headers()).toMatchObject({
      paused: true,
      action: "StopAllIterationAndWatermark",
    });
    await stream.data("{}", { end: true });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });

  test("at the body, and at what still comes", async () => {
    const host = await gateway(RESTRICTED, options);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1" },
      framing: "chunked",
    });
    await stream.headers();
    host.inject.status("proxy_send_local_response", 10);
    await stream.data('{"model":"bad"}');
    await stream.trailers({ "x-t": "1" });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });

  test("when the body is too large", async () => {
    const host = await gateway({ ...RESTRICTED, max_body_bytes: 4 }, options);
    host.inject.status("proxy_send_local_response", 10);
    const stream = host.stream("POST /", {
      headers: { "x-api-key": "k1" },
      framing: "chunked",
    });
    await stream.headers();
    await stream.data("12345");
    await stream.data('{"model":"good"}', { end: true });
    expect(stream.state.paused).toBe(true);
    expect(countSeen(host)).toBe(0);
    await stream.abort();
    await host.close();
  });
});

describe("a host that fails", () => {
  test("a consumer that cannot be named does not come in", async () => {
    const host = await gateway(GO, { strict: "off" });
    host.inject.status("proxy_replace_header_map_value", 2);
    const answer = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(answer.status).toBe(403);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test("a group that a client made up and that cannot be taken away does not come in", async () => {
    const host = await gateway(GO, { strict: "off" });
    host.inject.status("proxy_remove_header_map_value", 2);
    const headers = { "x-api-key": "k1", "x-mse-consumer-group": "gold" };
    expect((await host.fetch("/", { headers })).status).toBe(403);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test("a provider key that cannot be put in place lets nothing through", async () => {
    const provider_keys = [{ provider: "p", value: "sk-lent" }];
    const anonymous = { keys: ["x-api-key"], credentials: ["k1"], provider: "p", provider_keys };
    const host = await gateway(anonymous, { strict: "off" });
    host.inject.status("proxy_replace_header_map_value", 2);
    const { details } = await host.fetch("/", { headers: { "x-api-key": "k1" } });
    expect(details).toBe("key-auth.no_provider_key");
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each([
    ["a header", "proxy_remove_header_map_value", GO, "/"],
    [
      "a parameter",
      "proxy_replace_header_map_value",
      { ...GO, in_header: false, in_query: true },
      "/?x-api-key=k1",
    ],
  ])(
    "%s with a key that cannot be taken away lets nothing through",
    async (_where, call, config, path) => {
      const host = await gateway({ ...config, forward_credential: false }, { strict: "off" });
      const headers: Record<string, string> = path === "/" ? { "x-api-key": "k1" } : {};
      expect((await host.fetch(path, { headers })).status).toBe(200);
      host.inject.status(call, 2);
      expect((await host.fetch(path, { headers })).status).toBe(403);
      expect(countSeen(host)).toBe(1);
      await host.close();
    },
  );

  test("a body that cannot be read names no model", async () => {
    const host = await gateway(RESTRICTED, { strict: "off" });
    host.inject.status("proxy_get_buffer_bytes", 10);
    const init = { headers: { "x-api-key": "k1" }, body: '{"model":"good"}' };
    expect(await host.fetch("/", init)).toMatchObject({
      status: 403,
      details: "key-auth.model_unknown",
    });
    await host.close();
  });

  test("without a clock, keys with a validity are refused and the others are not", async () => {
    const timed = ["timed", "until"];
    const api_keys = [
      { key: "forever" },
      { key: "timed", not_before: 1 },
      { key: "until", expires_at: "2999-01-01T00:00:00Z" },
    ];
    const host = await gateway({ ...GO, consumers: [{ name: "a", api_keys }] }, { strict: "off" });
    const ask = async (key: string) =>
      (await host.fetch("/", { headers: { "x-api-key": key } })).status;
    host.inject.status("clock_time_get", 52);
    expect(await ask("forever")).toBe(200);
    for (const key of timed) expect(await ask(key)).toBe(401);
    host.inject.clear();
    for (const key of timed) expect(await ask(key)).toBe(200);
    await host.close();
  });
});
