import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/token-rate-limit/golden");
