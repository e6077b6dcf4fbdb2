import type { Fallback, WasmFilter } from "./bootstrap.js";
import { COLLECTION } from "./mock-model/index.js";
import { OPERATOR_KEY, PROVIDER_KEY_VARIABLE, TEAM_A_KEY } from "./keys.js";

/** Requests to this host may be answered from the cache. */
export const CACHED_HOST = "cached.demo";

/** The cluster of embeddings and vectors. */
export const VECTOR_CLUSTER = "vectors";

/** In which model-fallback tells Envoy the cluster. */
const CLUSTER_HEADER = "x-llm-cluster";

/** The same in both places that model-fallback stands in. */
const FALLBACK = {
  targets: [
    // Of our own: what came with the request goes on to it.
    { name: "deepseek-r1", auth: { type: "keep" } },
    {
      name: "qwen-max",
      model: "qwen-max",
      external: true,
      auth: { apiTokensFromEnv: [PROVIDER_KEY_VARIABLE] },
    },
  ],
  chains: [
    {
      name: "r1",
      match: { models: ["deepseek-r1*"] },
      targets: ["deepseek-r1", "qwen-max"],
      cluster: "r1-chain",
      // When the breaker of the first target is open, requests begin with the second.
      breakerClusters: ["r1-chain", "r1-spare"],
    },
  ],
  clusterHeader: CLUSTER_HEADER,
  timeouts: { firstToken: 10_000, unary: 10_000 },
  breaker: { failures: 5, openSeconds: 10 },
};

/** The other half of model-fallback: what Envoy's router does with a request that is watched. */
export const DEMO_FALLBACK: Fallback = {
  attempt: {
    plugin: "model-fallback",
    root: "upstream",
    env: [PROVIDER_KEY_VARIABLE],
    config: { role: "upstream", ...FALLBACK },
  },
  clusterHeader: CLUSTER_HEADER,
  chains: { "r1-chain": ["deepseek-r1", "qwen-max"], "r1-spare": ["qwen-max"] },
};

/**
 * The plugins a request passes, in this order; the answer passes them the other way round.
 * A plugin joins the demo with one entry here.
 */
export const CHAIN: WasmFilter[] = [
  {
    plugin: "key-auth",
    env: [PROVIDER_KEY_VARIABLE],
    config: {
      global_auth: true,
      keys: ["Authorization", "x-api-key"],
      in_header: true,
      consumers: [
        { name: "team-a", credential: TEAM_A_KEY },
        {
          name: "team-b",
          // SHA-256 of TEAM_B_KEY: the configuration cannot leak a key it does not hold.
          hash: "sha256:c9b93facc90b74929b917aa2146abfc55b8aa6f959a9da870b088dde5887b432",
          allow_models: ["gpt-4o-mini", "text-embedding-*"],
        },
        { name: "operator", credential: OPERATOR_KEY },
      ],
      // The consumer's key ends at the gateway; the model gets the provider's.
      forward_credential: false,
      provider: "openai",
      provider_keys: [{ provider: "openai", value_from_env: PROVIDER_KEY_VARIABLE }],
    },
  },
  {
    // Behind key-auth: no body of a stranger is held.
    plugin: "model-router",
    config: {
      modelToHeader: "x-higress-llm-model",
      split: {
        rules: [
          {
            name: "chat",
            match: { models: ["chat"] },
            // Tomorrow 80 and 20: nothing else changes.
            variants: [
              { name: "gpt-4o-mini", weight: 90, model: "gpt-4o-mini" },
              { name: "deepseek-r1", weight: 10, model: "deepseek-r1" },
            ],
          },
        ],
      },
    },
  },
  {
    // Before all that may answer or refuse, so that it sees them do it.
    plugin: "ai-statistics",
    config: {
      metrics: { groups: ["compat", "requests", "tokens", "latency"] },
      // A fallback shows under the cluster that answered.
      labels_at: "end",
      ai_log_extra: true,
      // The operator's calls of token-quota are no LLM traffic.
      enable_path_suffixes: ["/completions", "/messages", "/responses", "/embeddings", "/models"],
    },
  },
  {
    // Before the budgets: an answer from the cache spends no tokens. For one host name, so that all
    // other requests of the demo show what the model does.
    plugin: "ai-cache",
    config: {
      _rules_: [
        {
          _match_domain_: [CACHED_HOST],
          cache: { type: "memory", cacheTTL: 600 },
          // What is not asked word for word: the nearest question, if its vector is near enough.
          enableSemanticCache: true,
          embedding: { type: "ollama", cluster: VECTOR_CLUSTER },
          vector: {
            type: "qdrant",
            cluster: VECTOR_CLUSTER,
            collectionID: COLLECTION,
            // Cosine of the mock's vectors, which know letters, not meaning. A real model needs its own.
            threshold: 0.8,
            thresholdRelation: "gt",
          },
          singleFlight: { maxWaitMs: 10_000 },
          streamReplay: "chunks",
          cacheHeaders: true,
        },
      ],
    },
  },
  {
    plugin: "token-quota",
    config: {
      admin_consumer: "operator",
      store: { type: "shared" },
      period: "day",
      quotas: [
        { consumer: "team-a", tokens: 1_000_000 },
        { consumer: "team-b", tokens: 1_000 },
      ],
      usage_report: true,
      log_remaining: true,
      rejected_code: 429,
      rejected_format: "openai",
    },
  },
  {
    plugin: "token-rate-limit",
    config: {
      rule_name: "demo",
      store: { type: "shared" },
      rule_items: [
        {
          limit_by_consumer: "",
          limit_keys: [
            { key: "team-a", token_per_minute: 100_000 },
            // Less than one answer, so that the second request finds nothing left.
            { key: "team-b", token_per_minute: 40 },
          ],
        },
      ],
      // Requests that run at once pass the limit together by no more than their estimates are off.
      reservation: { enabled: true },
      // OpenAI's streams say what they used only when asked.
      inject_include_usage: true,
      response_headers: "openai",
      rejected_format: "openai",
    },
  },
  {
    plugin: "content-security",
    config: {
      denyMessage: "我不能处理这个请求",
      // Masks of earlier turns hold: the client sends their originals again.
      requestScope: "all",
      rules: [
        { name: "forbidden", words: ["weapon", "制造炸弹"], phase: "request" },
        // The model gets [[PHONE_CN_1]], the client its number back.
        { name: "phones", builtin: "phone_cn", action: "mask", phase: "request", restore: true },
        { name: "secret", words: ["Project Aurora"], phase: "response" },
      ],
    },
  },
  {
    plugin: "model-fallback",
    root: "listener",
    env: [PROVIDER_KEY_VARIABLE],
    config: { role: "listener", ...FALLBACK },
  },
];
