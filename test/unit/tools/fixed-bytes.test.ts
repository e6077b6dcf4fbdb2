import { describe, expect, it } from "vitest";
import { fixBytes } from "../../../build/tools/fixed-bytes.js";

/** The bytes and the length that a line was given. */
function fixed(line: string): { text: string; length: number } | null {
  const found = /Slice\.fixed\(memory\.data<u8>\(\[([\d,]+)\]\), (\d+)\);$/.exec(fixBytes(line));
  if (found === null) return null;
  return {
    text: Buffer.from((found[1] ?? "").split(",").map(Number)).toString(),
    length: Number(found[2]),
  };
}

describe("constants of bytes are encoded by the build", () => {
  it("keeps everything before the call", () => {
    expect(fixBytes('export const PATH: Slice = bytes(":path");')).toBe(
      "export const PATH: Slice = Slice.fixed(memory.data<u8>([58,112,97,116,104]), 5);",
    );
    expect(fixBytes('const A1_B: Slice = bytes("a");')).toBe(
      "const A1_B: Slice = Slice.fixed(memory.data<u8>([97]), 1);",
    );
  });

  it.each([
    [String.raw`"é你😀"`, "é你😀"],
    [String.raw`"say \"hi\""`, 'say "hi"'],
    [String.raw`"a\\b"`, "a\\b"],
    [String.raw`"\r\n\t"`, "\r\n\t"],
    [String.raw`"\u00e9"`, "é"],
    [String.raw`"); bytes("`, "); bytes("],
    [String.raw`"// no comment"`, "// no comment"],
  ])("%s", (literal, text) => {
    const line = `const TEXT: Slice = bytes(${literal});`;
    expect(fixed(line)).toEqual({ text, length: Buffer.byteLength(text) });
  });

  it.each([
    ["an empty text, which has no data", 'const NONE: Slice = bytes("");'],
    ["an escape that JSON does not know", String.raw`const NUL: Slice = bytes("\0");`],
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
