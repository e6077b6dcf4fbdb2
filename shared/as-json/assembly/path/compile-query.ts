import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { unescape } from "../unescape";
import { PathCompiler } from "./compile";
import { Conversion, Operator, Query } from "./query";
import { JsonPath } from "./step";

/** Reads `#(subpath op value)`, or null with a reason. Stops after the closing bracket. */
export function readQuery(compiler: PathCompiler): Query | null {
  const text = compiler.text;
  const start = compiler.at + 2;
  const end = endOfQuery(text, start);
  if (end < 0) {
    compiler.fail("a query is not closed");
    return null;
  }
  compiler.at = end + 1;
  const body = text.sub(start, end);
  const at = operatorAt(body);
  let path: JsonPath | null = null;
  const subject = trimmed(at < 0 ? body : body.sub(0, at));
  if (!subject.isEmpty) {
    path = compiler.inner(subject);
    if (path === null) return null;
  }
  if (at < 0) return new Query(path, Operator.Exists, NO_BYTES, Conversion.None);
  const length = operatorLength(body, at);
  const value = trimmed(body.sub(at + length));
  const operator = operatorNamed(body.at(at), body.at(at + 1));
  if (value.at(0) == Char.Tilde) {
    return new Query(path, operator, NO_BYTES, conversionNamed(value.sub(1).toString()));
  }
  return new Query(path, operator, unquoted(value), Conversion.None);
}

/** Position of the bracket that closes a query whose content begins at `at`, or -1. */
function endOfQuery(text: Slice, at: i32): i32 {
  let depth = 1;
  for (; at < text.length; at++) {
    const byte = text.at(at);
    if (byte == Char.Backslash) {
      at++;
    } else if (byte == Char.Quote) {
      at = endOfQuoted(text, at);
    } else if (byte == Char.OpenRound || byte == Char.OpenSquare) {
      depth++;
    } else if ((byte == Char.CloseRound || byte == Char.CloseSquare) && --depth == 0) {
      return at;
    }
  }
  return -1;
}

/** Position of the quote that closes the one at `at`; the text's length when there is none. */
export function endOfQuoted(text: Slice, at: i32): i32 {
  for (at++; at < text.length; at++) {
    const byte = text.at(at);
    if (byte == Char.Backslash) at++;
    else if (byte == Char.Quote) return at;
  }
  return text.length;
}

/** Position of the first comparison outside of brackets and quotes, or -1. */
function operatorAt(body: Slice): i32 {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body.at(at);
    if (depth == 0 && isOperator(byte)) return at;
    if (byte == Char.Backslash) at++;
    else if (byte == Char.Quote) at = endOfQuoted(body, at);
    else if (byte == Char.OpenRound || byte == Char.OpenSquare) depth++;
    else if (byte == Char.CloseRound || byte == Char.CloseSquare) depth--;
  }
  return -1;
}

function isOperator(byte: i32): bool {
  return (
    byte == Char.Equal ||
    byte == Char.Bang ||
    byte == Char.Less ||
    byte == Char.Greater ||
    byte == Char.Percent
  );
}

function operatorLength(body: Slice, at: i32): i32 {
  const second = body.at(at + 1);
  if (body.at(at) == Char.Bang) return second == Char.Equal || second == Char.Percent ? 2 : 1;
  return body.at(at) != Char.Percent && second == Char.Equal ? 2 : 1;
}

function operatorNamed(first: i32, second: i32): Operator {
  switch (first) {
    case Char.Bang:
      return second == Char.Percent ? Operator.NotLike : Operator.NotEqual;
    case Char.Less:
      return second == Char.Equal ? Operator.LessOrEqual : Operator.Less;
    case Char.Greater:
      return second == Char.Equal ? Operator.GreaterOrEqual : Operator.Greater;
    case Char.Percent:
      return Operator.Like;
    default:
      return Operator.Equal;
  }
}

function conversionNamed(word: string): Conversion {
  if (word == "true") return Conversion.True;
  if (word == "false") return Conversion.False;
  if (word == "null") return Conversion.Null;
  return word == "*" ? Conversion.Exists : Conversion.Unknown;
}

function unquoted(value: Slice): Slice {
  const last = value.length - 1;
  if (last < 1 || value.at(0) != Char.Quote || value.at(last) != Char.Quote) return value;
  return unescape(value.sub(1, last));
}

function trimmed(text: Slice): Slice {
  let start = 0;
  let end = text.length;
  while (start < end && text.at(start) <= Char.Space) start++;
  while (end > start && text.at(end - 1) <= Char.Space) end--;
  return text.sub(start, end);
}
