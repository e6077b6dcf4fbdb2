// Where a pattern matches, what its groups hold, and what a match is replaced with.
export { compileFinder, Finder } from "./assembly/find/finder";
export { Search, ShortSearch } from "./assembly/find/search";
export { Template } from "./assembly/find/template";
export { RegexError, RegexFault } from "./assembly/regex/error";
