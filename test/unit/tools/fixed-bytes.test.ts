import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { describe, expect, it } from "vitest";
import { compile } from "../../../build/tools/asc.js";
import { fixBytes, linkFixed } from "../../../build/tools/fixed-bytes.js";

/** The text and its length in bytes that a line was given. */
function fixed(line: string): { text: string; length: number } | null {
  const found = /changetype<Slice>\(memory\.data<u32>\(\[(.+)\]\) \+ 20\);$/.exec(fixBytes(line));
  if (found === null) return null;
  const words = (found[1] ?? "").split(",");
  const length = Number(words[6]);
  const text = Buffer.alloc(4 * (words.length - 8));
  words.slice(8).forEach((word, i) => text.writeUInt32LE(Number(word), 4 * i));
  return { text: text.subarray(0, length).toString(), length };
}

describe("constants of bytes are encoded by the build", () => {
  it("keeps everything before the call", () => {
    expect(fixBytes('export const PATH: Slice = bytes(":path");')).toBe(
      "export const PATH: Slice = changetype<Slice>(memory.data<u32>(" +
        "[1511506142,2977847211,0,idof<Slice>(),12,4294967295,5,4294967295,1952542778,104]) + 20);",
    );
    expect(fixBytes('const A1_B: Slice = bytes("a");')).toMatch(/^const A1_B: Slice = changetype</);
  });

  it.each([
    [String.raw`"é你😀"`, "é你😀"],
    [String.raw`"say \"hi\""`, 'say "hi"'],
    [String.raw`"a\\b"`, "a\\b"],
    [String.raw`"\r\n\t"`, "\r\n\t"],
    [String.raw`"\u00e9"`, "é"],
    [String.raw`"); bytes("`, "); bytes("],
    [String.raw`"// no comment"`, "// no comment"],
    [`'{"a":"é"}'`, '{"a":"é"}'],
    [`"it's " + '"so"'`, `it's "so"`],
  ])("%s", (literal, text) => {
    const line = `const TEXT: Slice = bytes(${literal});`;
    expect(fixed(line)).toEqual({ text, length: Buffer.byteLength(text) });
  });

  it.each([
    ["an empty text, which has no data", 'const NONE: Slice = bytes("");'],
    ["an escape that JSON does not know", String.raw`const NUL: Slice = bytes("\0");`],
    ["an escape in single quotes", String.raw`const QUOTE: Slice = bytes('a\n');`],
    ["an escape that JSON does not know", String.raw`const QUOTE: Slice = bytes("\'");`],
    ["half a character", String.raw`const HALF: Slice = bytes("\ud800");`],
    ["what is not a literal", "const A: Slice = bytes(text);"],
    ["a call inside of a function", '  const A: Slice = bytes("a");'],
    ["a lower-case name", 'const path: Slice = bytes("a");'],
    ["a variable", 'let A: Slice = bytes("a");'],
    ["another type", 'const A: Slice | null = bytes("a");'],
    ["a comment", '// const A: Slice = bytes("a");'],
    ["something behind it", 'const A: Slice = bytes("a"); // why'],
  ])("leaves %s alone: %s", (_why, line) => {
    expect(fixBytes(line)).toBe(line);
  });

  it("joins a text of several lines, and keeps their number", () => {
    const long = [
      "export const LUA: Slice = bytes(",
      '  "local a=1 " +',
      '    "return a\\n",',
      ");",
    ];
    const lines = fixBytes([...long, "f();"].join("\n")).split("\n");
    expect(fixed(lines[0] ?? "")).toEqual({ text: "local a=1 return a\n", length: 19 });
    expect(lines.slice(1)).toEqual(["", "", "", "f();"]);
  });

  it.each([
    ["something that is no literal among them", 'const A: Slice = bytes(\n  "a" +\n    B,\n);'],
    ["a literal that does not end on its line", 'const A: Slice = bytes("a\n");'],
  ])("leaves %s alone", (_why, source) => {
    expect(fixBytes(source)).toBe(source);
  });

  it("encodes what is written out in a list, and keeps what is a constant by its name", () => {
    const list = [
      "export const LIST: Slice[] = [",
      "  A,",
      '  bytes("b]"),',
      "  bytes('c'), bytes(d),",
      "];",
    ];
    const lines = fixBytes(list.join("\n")).split("\n");
    expect(lines[1]).toBe("  A,");
    expect(fixed(`const B: Slice = ${lines[2]!.trim().slice(0, -1)};`)).toEqual(
      fixed('const B: Slice = bytes("b]");'),
    );
    expect(lines[3]).toMatch(/^ {2}changetype<Slice>\(.+\+ 20\), bytes\(d\),$/);
    expect(lines[4]).toBe("];");
  });

  it.each(['const list: Slice[] = [bytes("a")];', '  const LIST: Slice[] = [bytes("a")];'])(
    "leaves lists alone that are no constants of the file: %s",
    (line) => expect(fixBytes(line)).toBe(line),
  );

  it("rewrites every constant of a file and nothing else, line for line", () => {
    const source = ["// a", 'const A: Slice = bytes("a");', "f();", 'const B: Slice = bytes("b");'];
    const lines = fixBytes(source.join("\n")).split("\n");
    expect(lines).toHaveLength(source.length);
    expect([lines[0], lines[2]]).toEqual([source[0], source[2]]);
    expect([fixed(lines[1] ?? ""), fixed(lines[3] ?? "")]).toEqual([
      { text: "a", length: 1 },
      { text: "b", length: 1 },
    ]);
  });
});

describe("their addresses are written when they are known", () => {
  it("whatever their length, in a module that then finds them", async () => {
    const lengths = [1, 2, 3, 4, 5, 12, 255, 256, 257, 512, 1024, 65536];
    const source = [
      'import { Slice } from "@ai-gateway-wasm/bytes";',
      ...lengths.map(
        (length, i) => `const T${i}: Slice = bytes("${"ab".repeat(length).slice(0, length)}");`,
      ),
      "const ALL: Slice[] = [" + lengths.map((_, i) => `T${i}`).join(",") + "];",
      "export function pointer(i: i32): usize { return ALL[i].ptr; }",
      "export function size(i: i32): i32 { return ALL[i].length; }",
      "export function owned(i: i32): bool { return ALL[i].kept() === ALL[i]; }",
    ];
    mkdirSync(".cache/unit", { recursive: true });
    writeFileSync(".cache/unit/fixed.ts", source.join("\n"));
    const outFile = ".cache/unit/fixed.wasm";
    await compile({ entry: ".cache/unit/fixed.ts", outFile });
    const { exports } = instantiateSync<{
      pointer(i: number): number;
      size(i: number): number;
      owned(i: number): number;
    }>(readFileSync(outFile));
    (exports as unknown as { _initialize(): void })._initialize();
    const memory = exports.memory as WebAssembly.Memory;
    lengths.forEach((length, i) => {
      expect(exports.size(i)).toBe(length);
      const text = Buffer.from(memory.buffer, exports.pointer(i), length).toString();
      expect(text).toBe("ab".repeat(length).slice(0, length));
      expect(exports.owned(i)).toBe(1);
    });
  });

  it("leaves a module without any alone", () => {
    const empty = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    linkFixed(empty);
    expect(empty).toEqual(Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  });
});
