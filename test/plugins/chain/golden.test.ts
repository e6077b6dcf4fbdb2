import { CHAIN } from "../../../build/tools/chain.js";
import { runGoldens } from "../../scenario/golden.js";

// What a plugin does does not depend on the module it is in: its transcripts, once more. The shapes on
// the wire are those of the plugins' own tests.
for (const plugin of CHAIN.plugins) {
  runGoldens(`test/plugins/${plugin}/golden`, { chain: CHAIN, variants: false, writes: false });
}
