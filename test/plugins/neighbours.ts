import { describe, expect, test } from "vitest";
import { compileSchema } from "../../build/tools/generate/schema.js";
import { schemaOf, validConfigurations, type Subject } from "./configurations.js";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Put in place of every value in turn. */
const ODD: readonly Json[] = [
  ...[null, "", "x", "true", "-1", "a\nb", ":x", 0, 1, 1.5, -1, 1e20, true, false],
  ...[[], [""], ["x", "x"], [null], {}, { a: 1 }],
];

/** No rule that JSON Schema cannot say. */
const NEVER = /(?!)/;

/**
 * Plugin and schema agree on every neighbour of a good configuration: each that differs from it in
 * one value, or lacks one.
 *
 * @param element an object as the plugin's lists have them, to stand in odd places
 * @param beyondSchema messages of rules that JSON Schema cannot say
 */
export function testNeighbours(subject: Subject, element: Json, beyondSchema = NEVER): void {
  const odd = [...ODD, element];
  const verdict = compileSchema(schemaOf(subject.plugin));

  /** What the two say, when they disagree; else null. */
  async function disagreement(config: Json): Promise<string | null> {
    const schemaSays = verdict(config);
    const { accepted, lines } = await subject.load(config as object);
    if (accepted === (schemaSays === null)) return null;
    const reason = lines.find((line) => line.includes("parse rule config failed")) ?? "";
    if (beyondSchema.test(reason)) return null;
    return `${JSON.stringify(config)}\nplugin: ${accepted ? "accepted" : reason}\nschema: ${schemaSays ?? "accepted"}`;
  }

  describe("plugin and schema agree on every neighbour of a good configuration", () => {
    test.each(validConfigurations(subject.plugin))("%s", async (_name, config) => {
      const found: string[] = [];
      for (const neighbour of neighbours(config as Json, odd)) {
        const text = await disagreement(neighbour);
        if (text !== null) found.push(text);
      }
      expect(found.slice(0, 3).join("\n\n")).toBe("");
    });
  });
}

/**
 * Yields `whole` again and again, each time with another change below `at`; undoes it after. Of the
 * entries of a list that look alike only the first is changed: the others show nothing new.
 */
function* neighbours(whole: Json, odd: readonly Json[], at: Json = whole): Generator<Json> {
  if (at === null || typeof at !== "object") return;
  const holder = at as Record<string, Json>;
  const seen = new Set<string>();
  for (const key of Object.keys(holder)) {
    const value = holder[key] ?? null;
    const shape = Array.isArray(at) ? shapeOf(value) : key;
    if (seen.has(shape)) continue;
    seen.add(shape);
    for (const other of odd) {
      holder[key] = other;
      yield whole;
    }
    if (!Array.isArray(at)) {
      Reflect.deleteProperty(holder, key);
      yield whole;
    }
    holder[key] = value;
    yield* neighbours(whole, odd, value);
  }
}

/** The same for values that differ in texts and numbers only. */
function shapeOf(value: Json): string {
  return JSON.stringify(value, (_key, part: Json) =>
    part === null || typeof part === "object" ? part : typeof part,
  );
}
