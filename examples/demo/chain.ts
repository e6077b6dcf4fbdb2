import type { WasmFilter } from "./bootstrap.js";
import { OPERATOR_KEY, PROVIDER_KEY_VARIABLE, TEAM_A_KEY } from "./keys.js";

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
            { key: "team-a", token_per_minute: 10_000 },
            // Less than one answer, so that the second request finds nothing left.
            { key: "team-b", token_per_minute: 40 },
          ],
        },
      ],
      // Requests that run at once never get more than the limit together.
      reservation: { enabled: true },
      // OpenAI's streams say what they used only when asked.
      inject_include_usage: true,
      response_headers: "openai",
      rejected_format: "openai",
    },
  },
];
