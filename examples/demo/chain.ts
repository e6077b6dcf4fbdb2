import type { WasmFilter } from "./bootstrap.js";
import { PROVIDER_KEY_VARIABLE, TEAM_A_KEY } from "./keys.js";

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
      ],
      // The consumer's key ends at the gateway; the model gets the provider's.
      forward_credential: false,
      provider: "openai",
      provider_keys: [{ provider: "openai", value_from_env: PROVIDER_KEY_VARIABLE }],
    },
  },
];
