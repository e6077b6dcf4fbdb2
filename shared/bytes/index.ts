export { bytes, NO_BYTES, sameBytes, Slice } from "./assembly/slice";
export { Builder } from "./assembly/builder";
export { BytesTable } from "./assembly/table";
export {
  equalsIgnoreCase,
  lowerCase,
  parseInteger,
  startsWithIgnoreCase,
  trim,
  NOT_AN_INTEGER,
} from "./assembly/ascii";
export { equalsConstantTime } from "./assembly/compare";
export { findTwice } from "./assembly/find-twice";
export { mentions } from "./assembly/mentions";
export { sortBy } from "./assembly/order";
export { decimal, digits } from "./assembly/decimal";
export { decodePercent, decodePercentLeniently, escapedByte } from "./assembly/percent";
export { appendHex, decodeHex, encodeHex, hexValue } from "./assembly/hex";
export { encodeUtf8, utf8Length } from "./assembly/utf8";
export { isValidUtf8, sequenceLength, validUtf8 } from "./assembly/valid-utf8";
