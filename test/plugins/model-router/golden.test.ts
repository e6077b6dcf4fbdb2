import { runGoldensInEnvoy } from "../../envoy/golden.js";

runGoldensInEnvoy("test/plugins/model-router/golden");
