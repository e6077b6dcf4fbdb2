// Many patterns at once, in a text that arrives in pieces.
export { PatternSet, PatternSetBuilder } from "./assembly/set/pattern-set";
export { PatternScan } from "./assembly/set/pattern-scan";
