import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/token-rate-limit/golden");
