export { RegexError, RegexFault } from "./assembly/regex/error";
export { compileRegex, Regex } from "./assembly/regex/regex";
