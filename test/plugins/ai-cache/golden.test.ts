import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/ai-cache/golden");
