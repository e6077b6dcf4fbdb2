/**
 * A constant such as `export const PATH: Slice = bytes(":path");`, alone on its line. Only with
 * escapes that mean the same in JSON and in AssemblyScript; no halves of a UTF-16 pair.
 */
const CONSTANT =
  /^((?:export )?const [A-Z][A-Z0-9_]*: Slice = )bytes\(("(?:[^"\\]|\\(?:["\\bfnrt]|u(?![dD][89a-fA-F])[\da-fA-F]{4}))+")\);$/gm;

/**
 * AssemblyScript source with the constants of bytes encoded by us instead of at start-up. A string
 * literal weighs two bytes a character and 40 bytes around them; a plugin has some fifty such
 * constants (key-auth: 3 KiB of 64).
 */
export function fixBytes(source: string): string {
  return source.replace(CONSTANT, (_line, head: string, literal: string) => {
    const utf8 = Buffer.from(JSON.parse(literal) as string);
    return `${head}Slice.fixed(memory.data<u8>([${[...utf8].join(",")}]), ${utf8.length});`;
  });
}
