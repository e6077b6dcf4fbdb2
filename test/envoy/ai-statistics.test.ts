import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/ai-statistics/golden");
