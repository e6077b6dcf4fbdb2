import { runGoldensInEnvoy } from "../../envoy/golden.js";

runGoldensInEnvoy("test/plugins/ai-cache/golden");
