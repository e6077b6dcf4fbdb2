import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type Gateway } from "./gateway.js";

// Two workers of a real Envoy that share one limit of series.

const LIMIT_MS = 120_000;
const MOST = 20;
const REQUESTS = 120;

let gateway: Gateway;
beforeAll(async () => {
  const routes = [{ match: { prefix: "/" }, direct_response: { status: 204 } }];
  const metrics = { groups: ["requests"], max_series: MOST, max_series_of: "process" };
  gateway = await startGateway({
    plugins: [
      {
        name: "ai-statistics",
        config: JSON.stringify({ metrics }),
        file: "build/envoy/ai-statistics.wasm",
      },
    ],
    upstreamPort: 1,
    workers: 2,
    manager: { route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] } },
  });
}, LIMIT_MS);
afterAll(() => gateway.envoy.stop());

/** A request of that consumer on a connection of its own, so that both workers get some. */
function ask(consumer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "x-mse-consumer": consumer, connection: "close" };
    const options = { host: "127.0.0.1", port: gateway.port, path: "/v1/models", headers };
    request(options, (answer) => answer.resume().on("end", resolve))
      .on("error", reject)
      .end();
  });
}

test(
  "make as many series together as one may, and lose nothing",
  async () => {
    await Promise.all(Array.from({ length: REQUESTS }, (_, i) => ask(`consumer-${i}`)));
    const page = await gateway.envoy.get("/stats?filter=llm_request_count");
    const counters = [...page.matchAll(/consumer\.(.+)\.metric\.llm_request_count: (\d+)/g)];
    // A worker that comes when all are made knows no model: its `_overflow_` is one of the model, too.
    const consumers = [...new Set(counters.map(([, consumer]) => consumer))];
    // One of the series is that of statuses, which has no consumer.
    expect(consumers).toContain("_overflow_");
    expect(consumers).toHaveLength(MOST);
    expect(counters.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(REQUESTS);
  },
  LIMIT_MS,
);
