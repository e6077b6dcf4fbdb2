import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/plugins/key-auth/golden");
