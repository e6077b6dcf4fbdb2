import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/content-security/golden");
