/** A text with escapes that mean the same in JSON and in AssemblyScript; no halves of a UTF-16 pair. */
const LITERAL = String.raw`"(?:[^"\\\n]|\\(?:["\\bfnrt]|u(?![dD][89a-fA-F])[\da-fA-F]{4}))+"`;

/**
 * A constant such as `export const PATH: Slice = bytes(":path");`, alone on its line, or a long text
 * that is put together from literals, one per line.
 */
const CONSTANT = new RegExp(
  String.raw`^((?:export )?const [A-Z][A-Z0-9_]*: Slice = )bytes\(\s*(${LITERAL}(?:\s*\+\s*${LITERAL})*),?\s*\);$`,
  "gm",
);

/**
 * AssemblyScript source with the constants of bytes encoded by us instead of at start-up. A string
 * literal weighs two bytes a character and 40 bytes around them; a plugin has some fifty such
 * constants (key-auth: 3 KiB of 64).
 */
export function fixBytes(source: string): string {
  return source.replace(CONSTANT, (constant, head: string, literals: string) => {
    const texts = literals.match(new RegExp(LITERAL, "g")) ?? [];
    const utf8 = Buffer.from(texts.map((text) => JSON.parse(text) as string).join(""));
    const lines = "\n".repeat(constant.split("\n").length - 1); // what follows keeps its number
    return `${head}Slice.fixed(memory.data<u8>([${[...utf8].join(",")}]), ${utf8.length});${lines}`;
  });
}
