import { expect, test } from "vitest";
import { GO, gateway } from "./support.js";

test("with rules for routes, plain Envoy hears a name only where it is ours, and said once", async () => {
  const consumers = [{ name: "c1", credential: "k1", group: "gold" }];
  const _rules_ = [{ _match_route_: ["closed"], allow: ["c1"] }];
  const own = { ...GO, consumers, global_auth: true, consumer_header: "x-own", _rules_ };
  const host = await gateway(own, { strict: "off" });
  const status = async (...names: [string, string][]) =>
    (await host.fetch("/", { headers: [["x-api-key", "k1"], ...names] })).status;

  expect(await status()).toBe(200);
  expect(await status(["x-own", "c1"], ["x-mse-consumer-group", "gold"])).toBe(200);
  expect(await status(["x-own", "c1"], ["x-own", "c1"])).toBe(403);
  expect(await status(["x-own", "c2"])).toBe(403);
  expect(await status(["x-own", ""])).toBe(403);
  expect(await status(["x-mse-consumer", "c1"])).toBe(403);
  expect(await status(["x-mse-consumer-group", "silver"])).toBe(403);
  await host.close();
});
