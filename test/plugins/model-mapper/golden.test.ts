import { runGoldensInEnvoy } from "../../envoy/golden.js";

runGoldensInEnvoy("test/plugins/model-mapper/golden");
