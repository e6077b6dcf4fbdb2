import type { Crowd, Ending } from "./crowd.js";
import type { Plan } from "./metered-model.js";

const OPERATOR = "operator";
/** A budget that nobody empties. */
export const PLENTY = 1_000_000_000;

/** A plugin that holds each consumer against a budget. */
export interface Budgets {
  name: "token-rate-limit" | "token-quota";
  config(store: object, budget: number, reservation?: object): object;
  /** What a consumer has left; below 0 only where that can be seen. */
  left(crowd: Crowd, consumer: string): Promise<number>;
  /** Status of a denial. */
  denied: number;
}

export const LIMIT: Budgets = {
  name: "token-rate-limit",
  config: (store, budget, reservation) => ({
    rule_name: "load",
    store,
    fail_mode: "closed",
    rule_items: [{ limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: budget }] }],
    // Nothing that a client sends is too short for its estimate.
    ...(reservation && { reservation: { enabled: true, bytes_per_token: 1, ...reservation } }),
    response_headers: "openai",
  }),
  // Never let in when there is a reservation; charged nothing when there is none.
  left: async (crowd, consumer) => {
    const plan: Plan = { input: 0, output: 0, answer: "error" };
    const { headers } = await crowd.send({ consumer, plan, maxTokens: 2 * PLENTY });
    return Number(headers["x-ratelimit-remaining-tokens"]);
  },
  denied: 429,
};

export const QUOTA: Budgets = {
  name: "token-quota",
  config: (store, budget, reservation) => ({
    admin_consumer: OPERATOR,
    store,
    default_quota: budget,
    ...(reservation && { reservation: { enabled: true, bytes_per_token: 1, ...reservation } }),
    usage_report: true,
  }),
  left: async (crowd, consumer) => {
    const { body } = await askQuota(crowd, `?consumer=${consumer}`);
    return (JSON.parse(body) as { quota: number }).quota;
  },
  denied: 403,
};

/** An admin call of token-quota. */
export async function askQuota(crowd: Crowd, path: string): Promise<Ending> {
  const plan: Plan = { input: 0, output: 0, answer: "error" };
  const url = `/v1/chat/completions/quota${path}`;
  return await crowd.send({ consumer: OPERATOR, plan, maxTokens: 0 }, undefined, url);
}
