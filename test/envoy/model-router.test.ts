import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/model-router/golden");
