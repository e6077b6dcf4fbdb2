/**
 * The keys of the demo. None of them opens anything outside it.
 *
 * Teams and operator hold keys of the gateway, never the provider's. Real keys do not belong in a file:
 * see `chain.ts` for how the gateway stores only a hash, and takes the provider's key from its
 * environment.
 */
export const TEAM_A_KEY = "sk-demo-team-a-Vb3XnQ81mZt6";
export const TEAM_B_KEY = "sk-demo-team-b-Hy7KdW20pRs4";
/** Reads the report of who used what. */
export const OPERATOR_KEY = "sk-demo-operator-Nw5RtC83bLk9";

/** The only key the mock model accepts. */
export const PROVIDER_KEY = "sk-provider-9Jf2LxTq5Gc7Ue1A";

/** Environment variable in which Envoy hands the provider's key to the plugin. */
export const PROVIDER_KEY_VARIABLE = "OPENAI_KEY";
