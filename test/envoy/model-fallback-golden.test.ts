import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/model-fallback/golden");
