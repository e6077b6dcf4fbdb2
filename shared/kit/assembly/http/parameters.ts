import { NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";

const SEMICOLON: u8 = 0x3b;
const EQUALS: u8 = 0x3d;
const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
/** Parameters of one header; each takes memory until the callback ends. */
const MOST: i32 = 32;

/**
 * Walks over the parameters of a header value (RFC 2045 section 5.1):
 *
 *   form-data; name="a"; size = 12
 *   ↑ type     ↑ one `next()` each
 *
 * Stops at what is no parameter, and where they are too many, and says so in `isBroken`.
 */
@final
export class ParameterReader {
  /** What stands before the first parameter. */
  readonly type: Slice;
  /** The name as it was sent. */
  name: Slice = NO_BYTES;
  /** The value without quotes, its escapes as they were sent. */
  value: Slice = NO_BYTES;
  /** The value held a backslash: some parsers take it as it is. */
  isEscaped: bool = false;
  /** Something was no parameter. */
  isBroken: bool = false;
  private at: i32;
  private count: i32 = 0;

  constructor(private readonly header: Slice) {
    const end = endOf(header, 0);
    this.type = trim(header.sub(0, end));
    this.at = end + 1;
  }

  next(): bool {
    const header = this.header;
    const start = skipBlanks(header, this.at);
    if (start >= header.length) return false; // also after a last semicolon
    const equals = header.indexOf(EQUALS, start);
    if (equals <= start || equals > endOf(header, start) || ++this.count > MOST) return this.fail();
    this.name = trim(header.sub(start, equals));
    this.isEscaped = false;
    const from = skipBlanks(header, equals + 1);
    if (header.at(from) == QUOTE) return this.readQuoted(from + 1);
    const end = endOf(header, from);
    this.value = trim(header.sub(from, end));
    this.at = end + 1;
    return true;
  }

  private readQuoted(from: i32): bool {
    const header = this.header;
    let i = from;
    while (i < header.length && header.at(i) != QUOTE) {
      if (header.at(i) == BACKSLASH) {
        this.isEscaped = true;
        i++;
      }
      i++;
    }
    const end = skipBlanks(header, i + 1);
    if (i >= header.length || (end < header.length && header.at(end) != SEMICOLON)) {
      return this.fail();
    }
    this.value = header.sub(from, i);
    this.at = end + 1;
    return true;
  }

  private fail(): bool {
    this.isBroken = true;
    this.at = this.header.length;
    return false;
  }
}

/** The next semicolon at or after `from`, or the end. */
function endOf(text: Slice, from: i32): i32 {
  const end = text.indexOf(SEMICOLON, from);
  return end < 0 ? text.length : end;
}

function skipBlanks(text: Slice, from: i32): i32 {
  let i = from;
  while (text.at(i) == 0x20 || text.at(i) == 0x09) i++;
  return i;
}
