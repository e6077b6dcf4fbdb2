// Many words at once, in a text that arrives in pieces.
export { WordOptions } from "./assembly/words/word-options";
export { WordSet, WordSetBuilder } from "./assembly/words/word-set";
export { BuiltInScan, hasBuiltInWords } from "./assembly/words/built-in";
export { WordMatches, WordScan } from "./assembly/words/word-scan";
