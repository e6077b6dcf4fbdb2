import { runGoldens } from "../../scenario/golden.js";

runGoldens("test/plugins/key-auth/golden");
