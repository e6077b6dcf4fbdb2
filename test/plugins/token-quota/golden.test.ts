import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/token-quota/golden");
