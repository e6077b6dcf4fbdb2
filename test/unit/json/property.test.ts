import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";
import { JsonRandom } from "./random.js";

const reader = await loadDriver("reader");
const paths = await loadDriver("path");
const edit = await loadDriver("edit");

/** Well-formed: a lone surrogate has no UTF-8 and reads as U+FFFD on both sides. */
function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === "string" ? throughUtf8(item) : item,
  );
}

/** What UTF-8 keeps of a text: lone surrogates become U+FFFD. */
function throughUtf8(text: string): string {
  return Buffer.from(text).toString();
}

/** A key as a component of a path. */
function component(key: string): string {
  return key.replace(/[^a-zA-Z0-9é€😀]/gu, "\\$&");
}

/** All values of a document with the keys and indexes that lead to them. */
function* walk(value: unknown, path: string[] = []): Generator<[path: string[], value: unknown]> {
  yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) yield* walk(item, [...path, key]);
}

/** Every component names its value: no lone surrogate, and no path of a single empty key. */
function isAddressable(path: string[]): boolean {
  return path.length > 0 && path.every((key) => throughUtf8(key) === key && key !== "");
}

describe("random documents", () => {
  test("every value of 500 documents is read as JavaScript reads it", () => {
    const random = new JsonRandom(1);
    let compared = 0;
    for (let i = 0; i < 500; i++) {
      const document = random.write(random.object(4));
      expect(reader.text("parse", document)).toBe(document.trim());
      for (const [path, value] of walk(JSON.parse(document))) {
        if (!isAddressable(path)) continue;
        const text = path.map(component).join(".");
        const found = paths.text("get", document, text);
        if (typeof value === "string") expect([text, found]).toEqual([text, throughUtf8(value)]);
        else if (typeof value === "number") expect([text, Number(found)]).toEqual([text, value]);
        else if (value === null) expect([text, found]).toEqual([text, ""]);
        else expect(wellFormed(JSON.parse(found ?? ""))).toEqual(wellFormed(value));
        if (!text.includes("\\")) expect(reader.text("text", document, text)).toBe(found);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(2000);
  });

  test("@reverse, @keys, @values, @tostr and @ugly do what JavaScript does", () => {
    const random = new JsonRandom(2);
    for (let i = 0; i < 300; i++) {
      const value = random.object(3);
      const document = random.write(value);
      const read = (path: string) => JSON.parse(paths.text("get", document, path) ?? "") as unknown;
      const list = random.write(Object.values(value));
      expect(read("@keys")).toEqual(Object.keys(JSON.parse(document) as object));
      expect(wellFormed(read("@values"))).toEqual(wellFormed(Object.values(value)));
      expect(read("@ugly")).toEqual(JSON.parse(document));
      const reversed = JSON.parse(paths.text("get", list, "@reverse") ?? "") as unknown;
      expect(reversed).toEqual((JSON.parse(list) as unknown[]).reverse());
      expect(paths.text("get", document, "@tostr.@fromstr")).toBe(document);
    }
  });

  test("a cut at every byte neither traps nor changes what was read before the cut", () => {
    const random = new JsonRandom(3);
    const document = random.write({ model: "gpt", list: [random.object(2), 1, "x"], last: "end" });
    const bytes = Buffer.from(document);
    const modelEnd = bytes.indexOf('"gpt"') + 5;
    const lastEnd = bytes.lastIndexOf('"end"') + 5;
    for (let cut = 0; cut < bytes.length; cut++) {
      const prefix = bytes.subarray(0, cut);
      expect(reader.text("isValid", prefix)).toBe("false");
      expect(reader.text("text", prefix, "model")).toBe(cut >= modelEnd ? "gpt" : null);
      expect(reader.text("text", prefix, "last")).toBe(cut >= lastEnd ? "end" : null);
      edit.text("set", prefix, "list.0.new", "1");
    }
  });

  test("an edit changes what it names and nothing else", () => {
    const random = new JsonRandom(4);
    for (let i = 0; i < 300; i++) {
      const document = random.write(random.object(4));
      const value = JSON.parse(document) as Record<string, unknown>;
      const key = random.pick(["", ...Object.keys(value)]);
      if (!isAddressable([key])) continue;
      const set = edit.text("set", document, component(key), '["new"]') ?? "";
      expect(JSON.parse(set)).toEqual({ ...value, [key]: ["new"] });
      const removed = JSON.parse(edit.text("remove", document, component(key)) ?? "") as unknown;
      delete value[key];
      expect(removed).toEqual(value);
    }
  });
});

describe("deep and wide documents", () => {
  const depth = 100_000;
  const deep = '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
  const cut = '[{"a":'.repeat(depth);

  test.each([
    "a.a.a.b",
    "@reverse",
    "@ugly",
    '@flatten:{"deep":true}',
    "@dig:b",
    "@pretty|@ugly",
    "@valid",
    "@tostr.@fromstr.x",
    "#.a.#",
    '@keys.#(%"*")#',
  ])("%s ends on 100000 levels", (path) => {
    expect(() => paths.text("get", deep, path)).not.toThrow();
    expect(() => paths.text("get", cut, path)).not.toThrow();
    expect(() => paths.text("get", "[".repeat(depth) + "]".repeat(depth), path)).not.toThrow();
  });

  test("flattening 100000 levels finds the one number inside", () => {
    const nested = `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    expect(paths.text("get", nested, '@flatten:{"deep":true}')).toBe("[1]");
  });

  test("100000 members: the last one is found and removed", () => {
    const wide = `{${Array.from({ length: depth }, (_, i) => `"k${i}":${i}`).join(",")}}`;
    expect(reader.text("text", wide, `k${depth - 1}`)).toBe(String(depth - 1));
    expect(edit.text("remove", wide, `k${depth - 1}`)).toBe(
      wide.replace(`,"k${depth - 1}":${depth - 1}`, ""),
    );
  });
});
