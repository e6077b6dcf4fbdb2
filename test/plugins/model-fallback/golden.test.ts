import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/model-fallback/golden");
