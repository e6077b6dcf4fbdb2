import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/ai-cache/golden");
