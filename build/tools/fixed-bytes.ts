import { dataSegments } from "./wasm.js";

/**
 * A text with escapes that mean the same in JSON and in AssemblyScript; no halves of a UTF-16 pair. Or one
 * without escapes in single quotes.
 */
const LITERAL = String.raw`(?:"(?:[^"\\\n]|\\(?:["\\bfnrt]|u(?![dD][89a-fA-F])[\da-fA-F]{4}))+"|'[^'\\\n]+')`;

/**
 * A constant such as `export const PATH: Slice = bytes(":path");`, alone on its line, or a long text
 * that is put together from literals, one per line.
 */
const CONSTANT = new RegExp(
  String.raw`^((?:export )?const [A-Z][A-Z0-9_]*: Slice = )bytes\(\s*(${LITERAL}(?:\s*\+\s*${LITERAL})*),?\s*\);$`,
  "gm",
);

/** A constant list of such texts, each of them written out or a constant by its name. */
const LIST = /^(?:export )?const [A-Z][A-Z0-9_]*: Slice\[\] = \[[^]*?\];$/gm;
const ELEMENT = new RegExp(String.raw`\bbytes\((${LITERAL})\)`, "g");

/** Stands before what `linkFixed` completes; the first two words of an object that lies in static data. */
const MARK = [0x5a17c0de, 0xb17e57ab] as const;
/** Stands for an address. Not 0: the optimiser cuts data where eight zeros follow each other. */
const OPEN = 0xffffffff;
/** AssemblyScript's header of an object, then the three fields of a Slice. */
const HEADER_BYTES = 20;
const OBJECT_BYTES = HEADER_BYTES + 12;

/**
 * AssemblyScript source with the constants of bytes laid out by us instead of made at start-up. A
 * string literal weighs two bytes a character and 40 bytes around them, and making a slice of it 26
 * bytes of code; a plugin has some hundred such constants.
 */
export function fixBytes(source: string): string {
  const fixed = source.replace(CONSTANT, (constant, head: string, literals: string) => {
    const texts = literals.match(new RegExp(LITERAL, "g")) ?? [];
    const lines = "\n".repeat(constant.split("\n").length - 1); // what follows keeps its number
    return `${head}${sliceOf(texts.map(textOf).join(""))};${lines}`;
  });
  return fixed.replace(LIST, (list) =>
    list.replace(ELEMENT, (_, literal: string) => sliceOf(textOf(literal))),
  );
}

/** An expression for the slice of a text that `linkFixed` completes. */
function sliceOf(text: string): string {
  return `changetype<Slice>(memory.data<u32>([${layOut(text).join(",")}]) + ${HEADER_BYTES})`;
}

function textOf(literal: string): string {
  return literal.startsWith("'") ? literal.slice(1, -1) : (JSON.parse(literal) as string);
}

/** The words of a slice and of its bytes behind it, without its addresses: nobody knows them yet. */
function layOut(text: string): (number | string)[] {
  const utf8 = Buffer.from(text);
  const padded = Buffer.alloc(Math.ceil(utf8.length / 4) * 4);
  utf8.copy(padded);
  const words = Array.from({ length: padded.length / 4 }, (_, i) => padded.readUInt32LE(4 * i));
  const header = [...MARK, 0, "idof<Slice>()", OBJECT_BYTES - HEADER_BYTES];
  return [...header, OPEN, utf8.length, OPEN, ...words];
}

/**
 * Writes into a module's static data, in place, where the bytes of its constants are: the pointer
 * of each, and as owner one that never goes, the first of them.
 */
export function linkFixed(wasm: Buffer): void {
  const mark = Buffer.alloc(8);
  MARK.forEach((word, i) => mark.writeUInt32LE(word, 4 * i));
  let owner = 0;
  for (const { address, start, end } of dataSegments(wasm)) {
    const data = wasm.subarray(start, end);
    for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, at + OBJECT_BYTES)) {
      owner ||= address + at + HEADER_BYTES;
      data.writeUInt32LE(OBJECT_BYTES - 4, at); // the block's size, as asc writes it for its own
      data.writeUInt32LE(0, at + 4);
      data.writeUInt32LE(address + at + OBJECT_BYTES, at + HEADER_BYTES);
      data.writeUInt32LE(owner, at + HEADER_BYTES + 8);
    }
  }
}
