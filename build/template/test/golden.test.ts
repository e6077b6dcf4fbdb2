import { runGoldensInEnvoy } from "../../envoy/golden.js";

runGoldensInEnvoy("test/plugins/template-plugin/golden");
