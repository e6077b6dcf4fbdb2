import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/token-quota/golden");
