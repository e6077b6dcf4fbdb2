/** The bytes that mean something in JSON or in a path. */
export const enum Char {
  Tab = 0x09,
  LineFeed = 0x0a,
  Return = 0x0d,
  Space = 0x20,
  Bang = 0x21,
  Quote = 0x22,
  Hash = 0x23,
  Percent = 0x25,
  Ampersand = 0x26,
  OpenRound = 0x28,
  CloseRound = 0x29,
  Star = 0x2a,
  Plus = 0x2b,
  Comma = 0x2c,
  Minus = 0x2d,
  Dot = 0x2e,
  Slash = 0x2f,
  Zero = 0x30,
  Nine = 0x39,
  Colon = 0x3a,
  Less = 0x3c,
  Equal = 0x3d,
  Greater = 0x3e,
  Question = 0x3f,
  At = 0x40,
  OpenSquare = 0x5b,
  Backslash = 0x5c,
  CloseSquare = 0x5d,
  OpenCurly = 0x7b,
  Pipe = 0x7c,
  CloseCurly = 0x7d,
  Tilde = 0x7e,
}

/** White space between JSON tokens (RFC 8259 section 2). */
// @ts-expect-error: decorator
@inline
export function isBlank(byte: i32): bool {
  return byte == Char.Space || byte == Char.LineFeed || byte == Char.Return || byte == Char.Tab;
}

// @ts-expect-error: decorator
@inline
export function isDigit(byte: i32): bool {
  return <u32>(byte - Char.Zero) < 10;
}
