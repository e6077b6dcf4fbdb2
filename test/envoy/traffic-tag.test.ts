import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/traffic-tag/golden");
