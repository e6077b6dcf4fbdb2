import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileSchema, type ConfigSchema } from "../../../build/tools/generate/schema.js";
import { load } from "./support.js";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Put in place of every value in turn. */
const ODD: Json[] = [null, "", "x", "true", "-1", "a\nb", ":x", 0, 1, 1.5, -1, 1e20, true, false]
  .map((value): Json => value)
  .concat([[], [""], ["x", "x"], [null], {}, { a: 1 }, { key: "z", token_per_day: 1 }] as Json[]);

/** Rules that JSON Schema cannot say: they compare numbers of the document, or have a grammar. */
const BEYOND_SCHEMA = /failed to parse IPNet|failed to compile regex|exceeds maximum/;

const FOLDER = "test/plugins/token-rate-limit/config/valid";
const verdict = compileSchema(
  JSON.parse(readFileSync("plugins/token-rate-limit/config.schema.json", "utf8")) as ConfigSchema,
);

/** Every document that differs from `whole` in one value, or lacks one. */
function* neighbours(whole: Json, at: Json = whole): Generator<Json> {
  if (at === null || typeof at !== "object") return;
  const holder = at as Record<string, Json>;
  for (const key of Object.keys(holder)) {
    const value = holder[key] ?? null;
    for (const odd of ODD) {
      holder[key] = odd;
      yield whole;
    }
    if (!Array.isArray(at)) {
      Reflect.deleteProperty(holder, key);
      yield whole;
    }
    holder[key] = value;
    yield* neighbours(whole, value);
  }
}

/** What the two say, when they disagree; else null. */
async function disagreement(config: Json): Promise<string | null> {
  const schemaSays = verdict(config);
  const { accepted, lines } = await load(config as object);
  if (accepted === (schemaSays === null)) return null;
  const reason = lines.find((line) => line.includes("parse rule config failed")) ?? "";
  if (BEYOND_SCHEMA.test(reason)) return null;
  return `${JSON.stringify(config)}\nplugin: ${accepted ? "accepted" : reason}\nschema: ${schemaSays ?? "accepted"}`;
}

describe("plugin and schema agree on every neighbour of a good configuration", () => {
  test.each(readdirSync(FOLDER).sort())("%s", async (file) => {
    const config = JSON.parse(readFileSync(`${FOLDER}/${file}`, "utf8")) as Json;
    const found: string[] = [];
    for (const neighbour of neighbours(config)) {
      const text = await disagreement(neighbour);
      if (text !== null) found.push(text);
    }
    expect(found.slice(0, 3).join("\n\n")).toBe("");
  });
});
