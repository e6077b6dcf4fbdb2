/** A text between quotes, with escapes that mean the same in JSON and in AssemblyScript; no halves of a UTF-16 pair. */
const LITERAL = /"(?:[^"\\\n]|\\(?:["\\bfnrt]|u(?![dD][89a-fA-F])[\da-fA-F]{4}))*"/g;

/**
 * A constant such as `export const PATH: Slice = bytes(":path");`, and nothing else in its lines. A
 * long text may be several literals with `+` between them, as Prettier breaks them.
 */
const CONSTANT = new RegExp(
  String.raw`^((?:export )?const [A-Z][A-Z0-9_]*: Slice = )bytes\(\s*` +
    String.raw`(${LITERAL.source}(?:\s*\+\s*${LITERAL.source})*),?\s*\);$`,
  "gm",
);

/**
 * AssemblyScript source with the constants of bytes encoded by us instead of at start-up. A string
 * literal weighs two bytes a character and 40 bytes around them; a plugin has some fifty such
 * constants (key-auth: 3 KiB of 64). Lines keep their numbers.
 */
export function fixBytes(source: string): string {
  return source.replace(CONSTANT, (constant, head: string, literals: string) => {
    const parts = literals.match(LITERAL) ?? [];
    const utf8 = Buffer.from(parts.map((part) => JSON.parse(part) as string).join(""));
    if (utf8.length === 0) return constant;
    const lines = "\n".repeat(constant.split("\n").length - 1);
    return `${head}Slice.fixed(memory.data<u8>([${[...utf8].join(",")}]), ${utf8.length});${lines}`;
  });
}
