import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/traffic-tag/golden");
