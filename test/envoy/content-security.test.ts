import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/content-security/golden");
