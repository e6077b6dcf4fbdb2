import { redis, upstream, type ClientResponse, type Host, type HostOptions } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { describe, expect } from "vitest";
import { answer, CHAT, JSON_TYPE, plugin, REDIS_CLUSTER } from "./support.js";

const LIMIT = 40;
const COST = 15;
/** The counter of refusals, whatever the route. */
const LIMITED = /token_ratelimit/;
const RULES = {
  rule_name: "r",
  global_threshold: { token_per_hour: LIMIT },
  response_headers: "openai",
};

const REQUESTS = Array.from({ length: 5 }, () => ({
  target: `POST ${CHAT}`,
  headers: JSON_TYPE,
  chunks: ['{"model":', '"m","max_tokens":14}'],
}));

function backend(): ReturnType<typeof upstream> {
  const text = answer(10, 5);
  const chunks = [text.slice(0, 20), text.slice(20)];
  return upstream()
    .on((request) => request.method === "GET")
    .reply(204)
    .otherwise()
    .reply(200, { headers: JSON_TYPE, chunks });
}

/** What is left, as a request without a body learns it: it costs nothing. */
async function remaining(host: Host): Promise<number> {
  const reply = await host.fetch("/v1/models").settle(60_000);
  return Number(reply.headers.get("x-ratelimit-remaining-tokens"));
}

/** Refusals as the plugin counts them: who left may be among them. */
function countRefused(host: Host): number {
  const counters = Object.entries(host.metrics.all);
  return counters.reduce((sum, [name, value]) => sum + (LIMITED.test(name) ? value : 0), 0);
}

const isWhole = (one: ClientResponse | null): boolean => one?.status === 200 && !one.reset;

/** Every whole answer counts once, a request that came to nothing less; who was refused, nothing. */
async function isCountedOnce(
  host: Host,
  answers: readonly (ClientResponse | null)[],
): Promise<void> {
  const refused = answers.filter((one) => one?.status === 429).length;
  expect(countRefused(host)).toBeGreaterThanOrEqual(refused);
  const whole = answers.filter(isWhole).length;
  const used = LIMIT - (await remaining(host));
  // What is left is never told as less than nothing.
  expect(used).toBeGreaterThanOrEqual(Math.min(LIMIT, COST * whole));
  expect(used).toBeLessThanOrEqual(Math.min(LIMIT, COST * (answers.length - refused)));
}

/** With reservations the limit holds, whatever runs at once. */
async function isNeverExceeded(
  host: Host,
  answers: readonly (ClientResponse | null)[],
): Promise<void> {
  await isCountedOnce(host, answers);
  expect(answers.filter(isWhole).length * COST).toBeLessThanOrEqual(LIMIT);
}

type Store = (more?: object) => Pick<HostOptions, "profile" | "plugins" | "clusters">;

const STORES: Record<string, Store> = {
  "this gateway": (more) => ({
    plugins: [plugin({ ...RULES, store: { type: "shared" }, ...more })],
  }),
  Redis: (more) => ({
    profile: "higress-2.2",
    plugins: [
      plugin(
        { ...RULES, redis: { service_name: "redis.dns" }, ...more },
        { wasm: "build/higress/token-rate-limit.wasm" },
      ),
    ],
    clusters: { [REDIS_CLUSTER]: redis() },
  }),
};
const RESERVING = { reservation: { enabled: true, read_body: true, bytes_per_token: 1000 } };

describe.each(Object.entries(STORES))("tokens counted in %s", (_, store) => {
  const host = (more?: object) => (): HostOptions => {
    const { clusters, ...rest } = store(more);
    return { ...rest, clusters: { ...clusters, backend: backend() } };
  };
  test.schedule(
    "are right whatever comes first",
    { host: host(), requests: REQUESTS, check: isCountedOnce },
    { runs: 80 },
  );
  test.schedule(
    "keep the limit when they are reserved",
    { host: host(RESERVING), requests: REQUESTS, check: isNeverExceeded },
    { runs: 80 },
  );
});
