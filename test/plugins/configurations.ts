import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileSchema, type ConfigSchema } from "../../build/tools/generate/schema.js";
import { firstStart, type Loaded } from "./loaded.js";

/** A plugin whose configurations stand in `config/` of its tests. */
export interface Subject {
  plugin: string;
  load(config: object | string): Promise<Loaded>;
}

/** A refused configuration, in `config/invalid/`. */
export interface Refusal {
  config: object;
  /** What follows `parse rule config failed: ` in the log. */
  message: string;
  /** Where, when the plugin says it on a line of its own. */
  path?: string;
  /** `accepts`: JSON Schema cannot say this rule. */
  schema?: "accepts";
}

/** All configurations of a plugin's tests that must load, by file name. */
export function validConfigurations(plugin: string): [name: string, config: object][] {
  return read<object>(plugin, "valid");
}

/** All that must not. */
export function refusedConfigurations(plugin: string): [name: string, refusal: Refusal][] {
  return read<Refusal>(plugin, "invalid");
}

/** The schema of a plugin. */
export function schemaOf(plugin: string): ConfigSchema {
  return JSON.parse(readFileSync(`plugins/${plugin}/config.schema.json`, "utf8")) as ConfigSchema;
}

/** Plugin and schema judge every configuration as its folder says, and every example is good. */
export function testConfigurations({ plugin, load }: Subject): void {
  const schema = schemaOf(plugin);
  const verdict = compileSchema(schema);
  const examples = schema.examples.map((example, i): [string, object] => [
    `example ${i + 1} of the schema`,
    example as object,
  ]);

  describe("plugin and schema accept", () => {
    test.each([...validConfigurations(plugin), ...examples])("%s", async (_name, config) => {
      expect(verdict(config)).toBeNull();
      const started = await load(config);
      expect(firstStart(started).at(-1)).toBe("info plugin start successfully");
      expect(started.accepted).toBe(true);
    });
  });

  describe("plugin and schema refuse", () => {
    test.each(refusedConfigurations(plugin))("%s", async (_name, refusal) => {
      const started = await load(refusal.config);
      expect(started.accepted).toBe(false);
      const lines = firstStart(started);
      expect(lines.slice(-2)).toEqual([
        `warn parse rule config failed: ${refusal.message}`,
        "error plugin start failed",
      ]);
      expect(lines.filter((line) => line.startsWith("warn refused: "))).toEqual(
        refusal.path === undefined ? [] : [`warn refused: ${refusal.path}`],
      );
      if (refusal.schema === "accepts") expect(verdict(refusal.config)).toBeNull();
      else expect(verdict(refusal.config)).not.toBeNull();
    });
  });
}

function read<T>(plugin: string, kind: string): [name: string, content: T][] {
  const folder = `test/plugins/${plugin}/config/${kind}`;
  return readdirSync(folder)
    .sort()
    .map((name) => [
      name.replace(/\.json$/, ""),
      JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as T,
    ]);
}
