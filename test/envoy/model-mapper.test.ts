import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/model-mapper/golden");
