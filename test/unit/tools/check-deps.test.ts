import { describe, expect, it } from "vitest";
import { dependencyProblems, importsIn, type Package } from "../../../build/tools/check-deps.js";

function library(folder: string, dependencies: string[], imports: Record<string, string[]> = {}) {
  const name = folder === "shared/proxy-wasm-as" ? "proxy-wasm-as" : folder.replace(/.*\//, "@x/");
  const files = Object.entries(imports).map(([file, list]) => [`${folder}/${file}`, list] as const);
  return { folder, name, dependencies, imports: new Map(files) } satisfies Package;
}

const BYTES = library("shared/bytes", []);

describe("import lines", () => {
  it("are found in every form, and nowhere else", () => {
    const source = `
      import { a } from "one";
      import * as b from "two";
      import {
        c,
        d,
      } from "three";
      import "four";
      export { e } from "five";
      export * from "six";
      // import { f } from "comment";
      /* import { f } from "comment"; */
      export function g(h: string = "not an import"): void {}
    `;
    expect(importsIn(source)).toEqual(["one", "two", "three", "four", "five", "six"]);
  });
});

describe("check-deps", () => {
  it("accepts arrows that point down and are declared", () => {
    const crypto = library("shared/crypto", ["@x/bytes"], {
      "index.ts": ["./assembly/sha256"],
      "assembly/sha256.ts": ["@x/bytes", "../assembly/rounds"],
    });
    expect(dependencyProblems([BYTES, crypto])).toEqual([]);
  });

  it("refuses an arrow that points up", () => {
    const kit = library("shared/kit", []);
    const bytes = library("shared/bytes", ["@x/kit"], { "assembly/slice.ts": ["@x/kit"] });
    expect(dependencyProblems([bytes, kit])).toEqual([
      'shared/bytes/assembly/slice.ts imports "@x/kit": ' +
        "shared/bytes may use nothing; arrows point down (see CONTRIBUTING.md)",
    ]);
  });

  it("refuses a relative path into another package and names the package", () => {
    const plugin = library("plugins/a", [], {
      "assembly/plugin.ts": ["../../../shared/bytes/assembly/slice"],
    });
    expect(dependencyProblems([BYTES, plugin])).toEqual([
      'plugins/a/assembly/plugin.ts imports "../../../shared/bytes/assembly/slice": ' +
        "it leaves the package, and asc would compile the file twice; " +
        'import it from "@x/bytes"',
    ]);
  });

  it("refuses a plugin that imports a plugin", () => {
    const a = library("plugins/a", ["@x/b"], { "assembly/plugin.ts": ["@x/b"] });
    const [problem] = dependencyProblems([a, library("plugins/b", [])]);
    expect(problem).toContain("move what both need into shared/");
  });

  it("compares declarations with what is imported, both ways", () => {
    const plugin = library("plugins/a", ["@x/crypto"], { "assembly/plugin.ts": ["@x/bytes"] });
    expect(dependencyProblems([BYTES, library("shared/crypto", []), plugin])).toEqual([
      'plugins/a/package.json does not declare "@x/bytes", which its code imports',
      'plugins/a/package.json declares "@x/crypto", which its code does not import',
    ]);
  });

  it("knows the file behind a package as the package", () => {
    const sdk = library("shared/proxy-wasm-as", []);
    const plugin = library("plugins/a", ["proxy-wasm-as"], {
      "assembly/index.ts": ["proxy-wasm-as", "proxy-wasm-as/abi"],
    });
    expect(dependencyProblems([sdk, plugin])).toEqual([]);
  });

  it("refuses a package nobody knows", () => {
    const plugin = library("plugins/a", ["left-pad"], { "assembly/plugin.ts": ["left-pad"] });
    expect(dependencyProblems([plugin])[0]).toContain("no package of shared/ has that name");
  });
});
