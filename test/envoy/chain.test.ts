import { buildPlugins } from "../../build/tools/build.js";
import { CHAIN } from "../../build/tools/chain.js";
import { runGoldensInEnvoy } from "./golden.js";

// Plugins in one VM of a real Envoy do what they do in VMs of their own: the two folders with the
// transcripts of many plugins together. test/plugins/chain plays those of all seven.
runGoldensInEnvoy(["test/plugins/ai-statistics/golden", "test/plugins/ai-cache/golden"], {
  chain: CHAIN,
  h2: false,
  prepare: () => buildPlugins([CHAIN.name], ["envoy"]),
});
