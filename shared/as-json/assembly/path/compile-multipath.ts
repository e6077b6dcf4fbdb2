import { NO_BYTES, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { quote } from "../escape";
import { isValidJson } from "../validate";
import { PathCompiler } from "./compile";
import { isClosing, isOpening } from "./compile-modifier";
import { endOfQuoted } from "./compile-query";
import { MultipathMember, MultipathStep } from "./multipath";
import { PathStep } from "./step";

/** Reads `[p,q]` or `{p,"name":q}`, or null with a reason. Stops after the closing bracket. */
export function readMultipath(compiler: PathCompiler): PathStep | null {
  const text = compiler.text;
  const isObject = compiler.byte() == Char.OpenCurly;
  const members = new Array<MultipathMember>();
  let start = compiler.at + 1;
  while (true) {
    const end = endOfMember(text, start);
    if (end >= text.length) {
      compiler.fail("a multipath is not closed");
      return null;
    }
    const member = readMember(compiler, text.sub(start, end), isObject);
    if (member === null) return null;
    members.push(member);
    start = end + 1;
    if (text.at(end) != Char.Comma) break;
  }
  compiler.at = start;
  return new MultipathStep(isObject, StaticArray.fromArray(members));
}

function readMember(compiler: PathCompiler, text: Slice, isObject: bool): MultipathMember | null {
  const colon = colonIn(text);
  const path = compiler.inner(text.sub(colon + 1));
  if (path === null) return null;
  if (!isObject) return new MultipathMember(NO_BYTES, path);
  return new MultipathMember(colon < 0 ? defaultName(text) : givenName(text.sub(0, colon)), path);
}

/** Position of the comma or bracket that ends the member at `at`; the length when there is none. */
function endOfMember(text: Slice, at: i32): i32 {
  let depth = 0;
  for (; at < text.length; at++) {
    const byte = text.at(at);
    if (byte == Char.Backslash) at++;
    else if (byte == Char.Quote) at = endOfQuoted(text, at);
    else if (isOpening(byte)) depth++;
    else if (isClosing(byte) && --depth < 0) return at;
    else if (byte == Char.Comma && depth == 0) return at;
  }
  return text.length;
}

/** Position of the colon after a name, or -1; the colon of a later modifier is none. */
function colonIn(text: Slice): i32 {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.at(at);
    if (byte == Char.Colon && depth == 0) return at;
    if (byte == Char.At && at > 0 && isSeparator(text.at(at - 1))) return -1;
    if (byte == Char.Backslash) at++;
    else if (byte == Char.Quote) at = endOfQuoted(text, at);
    else if (isOpening(byte)) depth++;
    else if (isClosing(byte)) depth--;
  }
  return -1;
}

function isSeparator(byte: i32): bool {
  return byte == Char.Dot || byte == Char.Pipe;
}

function givenName(name: Slice): Slice {
  return name.at(0) == Char.Quote && isValidJson(name) ? name.kept() : quote(name);
}

/** The last component as it is written, or `_` when it is not a plain one. */
function defaultName(path: Slice): Slice {
  let start = path.length;
  while (start > 0 && !(isSeparator(path.at(start - 1)) && path.at(start - 2) != Char.Backslash)) {
    start--;
  }
  const name = path.sub(start);
  for (let i = 0; i < name.length; i++) {
    const byte = name.at(i);
    const isSpecial = isOpening(byte) || isClosing(byte) || byte == Char.Hash;
    if (byte < Char.Space || isSpecial || byte == Char.Pipe || byte == Char.Bang) {
      return quote(bytes("_"));
    }
  }
  return quote(name);
}
