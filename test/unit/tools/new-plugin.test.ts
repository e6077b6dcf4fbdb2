import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, PLUGIN_FLAGS } from "../../../build/tools/asc.js";
import { abiProblems } from "../../../build/tools/check-abi.js";
import { dependencyProblems, readPackages } from "../../../build/tools/check-deps.js";
import { translationProblems } from "../../../build/tools/check-docs.js";
import { filesIn } from "../../../build/tools/files.js";
import { fillReadme } from "../../../build/tools/generate/readme.js";
import { compileSchema, readPlugin } from "../../../build/tools/generate/schema.js";
import { createPlugin, nameProblem } from "../../../build/tools/new-plugin.js";
import type { Refusal } from "../../plugins/configurations.js";
import { loadAlone } from "../../plugins/loaded.js";

const ROOT = ".cache/new-plugin-test";
const PLUGIN = `${ROOT}/plugins/header-guard`;
const TESTS = `${ROOT}/test/plugins/header-guard`;

beforeAll(() => {
  rmSync(ROOT, { recursive: true, force: true });
  createPlugin("header-guard", ROOT);
});
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

describe("npm run new-plugin", () => {
  it("leaves nothing of the template's name behind", () => {
    for (const file of [...filesIn(PLUGIN), ...filesIn(TESTS)]) {
      expect(readFileSync(file, "utf8"), file).not.toMatch(/template.?plugin/i);
    }
  });

  it.each(["envoy", "higress"] as const)(
    "makes a plugin that loads in %s",
    async (host) => {
      const outFile = `${ROOT}/${host}.wasm`;
      await compile({
        entry: `${PLUGIN}/assembly/index.ts`,
        outFile,
        defines: host === "higress" ? ["HIGRESS"] : [],
        flags: PLUGIN_FLAGS,
      });
      expect(abiProblems(readFileSync(outFile), host)).toEqual([]);
    },
    180_000,
  );

  it("declares the packages it imports", () => {
    const made = readPackages(ROOT);
    expect(made.map((entry) => entry.name)).toEqual(["@ai-gateway-wasm/header-guard"]);
    expect(dependencyProblems([...readPackages(), ...made])).toEqual([]);
  });

  it("describes its configuration and documents it alike in both languages", () => {
    const { schema } = readPlugin("header-guard", PLUGIN);
    const english = fillReadme(readFileSync(`${PLUGIN}/README.md`, "utf8"), schema, "en");
    const chinese = fillReadme(readFileSync(`${PLUGIN}/README_ZH.md`, "utf8"), schema, "zh");
    expect(english).toContain("| `header` | string |");
    expect(translationProblems("README.md", english, chinese)).toEqual([]);
  });

  // In the order of this file: what "loads in envoy" compiled is started here.
  it("comes with configurations that plugin and schema judge as their folder says", async () => {
    const verdict = compileSchema(readPlugin("header-guard", PLUGIN).schema);
    const files = filesIn(`${TESTS}/config`);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const isValid = file.includes("/valid/");
      const content = JSON.parse(readFileSync(file, "utf8")) as Refusal;
      const config = isValid ? content : content.config;
      expect(verdict(config) === null, file).toBe(isValid);
      const started = await loadAlone("header-guard", config, `${ROOT}/envoy.wasm`);
      expect(started.accepted, file).toBe(isValid);
      const refused = `warn parse rule config failed: ${content.message}`;
      if (!isValid) expect(started.lines.at(-2)).toBe(refused);
    }
  });

  it("never overwrites a plugin", () => {
    expect(() => createPlugin("header-guard", ROOT)).toThrow("exists already");
  });

  it.each(["", "Header", "header_guard", "-a", "a-", "a--b", "../a", "1a", "a".repeat(41)])(
    "refuses the name %o",
    (name) => expect(nameProblem(name)).not.toBeNull(),
  );
});
