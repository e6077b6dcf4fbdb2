export { isBlank } from "./assembly/char";
export { JsonType } from "./assembly/type";
export { JsonValue, findJson, readJson } from "./assembly/value";
export { JsonCursor } from "./assembly/cursor";
export { isInteger, saturate } from "./assembly/integer-text";
export { PieceSkip } from "./assembly/piece-skip";
export { findQuote, skipNumber } from "./assembly/scan";
export {
  boolOf,
  integerOf,
  listOf,
  numberOf,
  stringOf,
  textOf,
  truncate,
} from "./assembly/lenient";
export { appendDecimal, parseNumber } from "./assembly/number";
export { appendGoNumber, appendJsonNumber } from "./assembly/number-text";
export {
  MAX_BODY_DEPTH,
  MAX_DEPTH,
  isValidJson,
  parseJson,
  readValidMembers,
} from "./assembly/validate";
export { readUnit, unescape } from "./assembly/unescape";
export { Escape, appendEscaped, escape, quote } from "./assembly/escape";
export { JsonWriter } from "./assembly/writer";
export { KeyPath, KeyStep, compileKeyPath } from "./assembly/key-path";
export { MemberSearch, searchMember } from "./assembly/search";
export { quoteLikeSjson, removeValue, setValue } from "./assembly/edit";
export { JsonPath } from "./assembly/path/step";
export { PathError, compilePath } from "./assembly/path/compile";
export { ugly } from "./assembly/path/layout";
