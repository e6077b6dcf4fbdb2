import { redis, upstream, type ClientResponse, type Host, type HostOptions } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { describe, expect } from "vitest";
import {
  answer,
  balance,
  CHAT,
  JSON_TYPE,
  PEER,
  REDIS_CLUSTER,
  refill,
  SHARED,
  tokenQuota,
} from "./support";

const FULL = 1000;
const COST = 15;
const ask = (consumer: string) => ({
  target: `POST ${CHAT}`,
  headers: { "x-mse-consumer": consumer, "content-type": "application/json" },
  chunks: ['{"model":', '"m"}'],
});
const CONSUMERS = ["alice", "bob", "alice", "poor", "alice"];
const REQUESTS = CONSUMERS.map(ask);

const backend = () => {
  const text = answer(10, 5);
  const chunks = [text.slice(0, 20), text.slice(20)];
  return upstream().reply(200, { headers: JSON_TYPE, chunks });
};

async function prepare(host: Host): Promise<void> {
  await refill(host, "alice", FULL);
  await refill(host, "bob", FULL);
}

/** Every whole answer is paid once; a request that came to nothing costs less, if anything. */
async function isPaidOnce(host: Host, answers: readonly (ClientResponse | null)[]): Promise<void> {
  for (const name of ["alice", "bob"]) {
    const own = answers.filter((_, i) => CONSUMERS[i] === name);
    const whole = own.filter((one) => one?.status === 200 && !one.reset).length;
    const left = await balance(host, name);
    expect(left).toBeLessThanOrEqual(FULL - COST * whole);
    expect(left).toBeGreaterThanOrEqual(FULL - COST * own.length);
  }
  const poor = answers[CONSUMERS.indexOf("poor")];
  if (poor) expect(poor.status).toBe(403);
  for (const { headers } of host.clusters["backend"]!.requests)
    expect(headers).not.toContainEqual(["x-mse-consumer", "poor"]);
}

const STORES: Record<string, () => Pick<HostOptions, "profile" | "plugins" | "clusters">> = {
  "this gateway": () => ({ plugins: [tokenQuota(SHARED)] }),
  "this gateway, with reservations": () => ({
    plugins: [tokenQuota({ ...SHARED, reservation: { enabled: true } })],
  }),
  Redis: () => ({
    profile: "higress-2.2",
    plugins: [tokenQuota(PEER, { wasm: "build/higress/token-quota.wasm" })],
    clusters: { [REDIS_CLUSTER]: redis() },
  }),
};

describe.each(Object.entries(STORES))("balances in %s", (_, options) => {
  const host = (): HostOptions => {
    const { clusters, ...rest } = options();
    return { ...rest, clusters: { ...clusters, backend: backend() } };
  };
  test.schedule(
    "are right whatever comes first",
    { host, prepare, requests: REQUESTS, check: isPaidOnce },
    { runs: 80 },
  );
});
