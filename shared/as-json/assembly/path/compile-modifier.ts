import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { isValidJson } from "../validate";
import { PathCompiler } from "./compile";
import { endOfQuoted } from "./compile-query";
import { Modifier, ModifierStep, modifierNamed } from "./modifier";
import { LiteralStep } from "./multipath";
import { JsonPath, PathStep } from "./step";

/** Reads `@name` or `@name:argument`. Null when the name is unknown (then it is a key) or on error. */
export function readModifier(compiler: PathCompiler): PathStep | null {
  const text = compiler.text;
  let end = compiler.at + 1;
  while (end < text.length && !endsName(text.at(end))) end++;
  const modifier = modifierNamed(text.sub(compiler.at + 1, end).toString());
  if (modifier == Modifier.Unknown) return null;
  let argument = NO_BYTES;
  if (text.at(end) == Char.Colon) {
    const start = end + 1;
    end = endOfArgument(text, start);
    if (end < 0) {
      compiler.fail("the argument of a modifier is not closed");
      return null;
    }
    argument = text.sub(start, end).kept();
  }
  compiler.at = end;
  let path: JsonPath | null = null;
  if (modifier == Modifier.Dig && !argument.isEmpty) {
    path = compiler.inner(argument);
    if (path === null) return null;
  }
  if (compiler.isAtSeparator()) return new ModifierStep(modifier, argument, path);
  compiler.fail("expected . or | after the argument of a modifier");
  return null;
}

function endsName(byte: i32): bool {
  return byte == Char.Colon || byte == Char.Dot || byte == Char.Pipe;
}

/** A JSON argument ends with its last byte, a bare one at the next `|` outside of brackets; else -1. */
function endOfArgument(text: Slice, start: i32): i32 {
  if (isJsonStart(text.at(start))) return endOfJson(text, start);
  let at = start;
  while (at >= 0 && at < text.length && text.at(at) != Char.Pipe) {
    const byte = text.at(at);
    at = isJsonStart(byte) || byte == Char.OpenRound ? endOfJson(text, at) : at + 1;
  }
  return at;
}

function isJsonStart(byte: i32): bool {
  return byte == Char.OpenCurly || byte == Char.OpenSquare || byte == Char.Quote;
}

/** Position after the bracket or quote that closes the one at `start`; -1 if none does. */
function endOfJson(text: Slice, start: i32): i32 {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const byte = text.at(at);
    if (byte == Char.Quote) at = endOfQuoted(text, at);
    else if (isOpening(byte)) depth++;
    else if (isClosing(byte)) depth--;
    if (depth <= 0) return at < text.length ? at + 1 : -1;
  }
  return -1;
}

export function isOpening(byte: i32): bool {
  return byte == Char.OpenCurly || byte == Char.OpenSquare || byte == Char.OpenRound;
}

export function isClosing(byte: i32): bool {
  return byte == Char.CloseCurly || byte == Char.CloseSquare || byte == Char.CloseRound;
}

/** Reads `!json`. Null when what follows begins no value (then it is a key) or on error. */
export function readLiteral(compiler: PathCompiler): PathStep | null {
  const text = compiler.text;
  const start = compiler.at + 1;
  let end = start;
  if (isJsonStart(text.at(start))) end = endOfJson(text, start);
  else while (isScalarByte(text.at(end), text.at(start))) end++;
  if (end < 0) return null;
  const json = text.sub(start, end).kept();
  if (!isValidJson(json)) return null;
  compiler.at = end;
  return new LiteralStep(json);
}

/** A dot belongs to a number, but ends a word. */
function isScalarByte(byte: i32, first: i32): bool {
  if (byte == Char.Dot) return first < 0x61;
  return byte > Char.Space && byte != Char.Pipe;
}
