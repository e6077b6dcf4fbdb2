import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/ai-statistics/golden");
