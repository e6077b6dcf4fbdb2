import { describe, expect, it } from "vitest";
import {
  documentProblems,
  orderProblems,
  stateProblems,
  translationProblems,
  type Tree,
} from "../../../build/tools/check-docs.js";

const FILES = new Set(["build", "build/tools", "build/tools/asc.ts", "LICENSE", "docs/a.md"]);
const TREE: Tree = {
  has: (path) => FILES.has(path),
  roots: new Set(["build", "docs"]),
  scripts: new Set(["check"]),
};

const problems = (text: string): string[] => documentProblems("docs/a.md", text, TREE);

describe("check-docs", () => {
  it("accepts scripts, links and paths that exist", () => {
    expect(
      problems("`npm run check -- x`, [l](../LICENSE#top), `build/tools/`, `build/tools/asc.ts`"),
    ).toEqual([]);
  });

  it("misses a script, in prose and in a code block", () => {
    expect(problems("run `npm run chek`")).toEqual([
      "docs/a.md names `npm run chek`, which package.json does not have",
    ]);
    expect(problems("```sh\nnpm run deploy\n```")).toHaveLength(1);
  });

  it("misses the target of a link, relative to the document", () => {
    expect(problems("[l](LICENSE)")).toEqual(["docs/a.md links to LICENSE, which does not exist"]);
  });

  it("misses a path", () => {
    expect(problems("see `build/tools/gone.ts`")).toEqual([
      "docs/a.md names `build/tools/gone.ts`, which does not exist",
    ]);
  });

  it("leaves outputs, addresses, foreign paths and code alone", () => {
    const text = "`build/envoy/key-auth.wasm` `text/plain` `a/b` [l](https://example.com) [m](#x)";
    expect(problems(`${text}\n\`\`\`yaml\nurl: [x](nowhere)\n\`\`\``)).toEqual([]);
  });
});

describe("translations", () => {
  const english = "# A\n\n## B\n\n| a |\n| - |\n\n```sh\nx <name> # that\n```\n";

  it("may differ in words only", () => {
    const chinese = "# 甲\n\n## 乙\n\n| 丙 |\n| - |\n\n```sh\nx <名称> # 它\n```\n";
    expect(translationProblems("README.md", english, chinese)).toEqual([]);
  });

  it.each([
    ["headings", "# 甲\n\n### 乙\n\n| 丙 |\n| - |\n\n```sh\nx <名称>\n```\n"],
    ["table rows", "# 甲\n\n## 乙\n\n| 丙 |\n| - |\n| 丁 |\n\n```sh\nx <名称>\n```\n"],
    ["code block 1 (sh)", "# 甲\n\n## 乙\n\n| 丙 |\n| - |\n\n```sh\ny <名称>\n```\n"],
  ])("differ in %s", (what, chinese) => {
    const found = translationProblems("README.md", english, chinese);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(what);
  });

  it("has as many code blocks", () => {
    const found = translationProblems("README.md", english, "# 甲\n\n## 乙\n\n| 丙 |\n| - |\n");
    expect(found[0]).toBe("README.md: code blocks differ between the languages: sh and ");
  });
});

describe("the order of plugins", () => {
  const places = [
    { plugin: "first", phase: "AUTHN", priority: 310 },
    { plugin: "second", phase: "UNSPECIFIED_PHASE", priority: 600 },
  ];
  const found = (...rows: string[]): string[] => orderProblems("o.md", rows.join("\n"), places);

  it("is that of the plugins", () => {
    expect(
      found(
        "| first | AUTHN | 310 | x |",
        "| a (planned) | default | 700 | y |",
        "| second | default | 600 | z |",
      ),
    ).toEqual([]);
  });

  it.each([
    ["| first | AUTHN | 310 |", "o.md does not say where second stands"],
    [
      "| first | AUTHN | 310 |\n| second (planned) | default | 600 |",
      "o.md calls second planned, but it is there",
    ],
    [
      "| first | AUTHN | 310 |\n| second | default | 60 |",
      "o.md puts second at default 60, it is at default 600",
    ],
    [
      "| second | default | 600 |\n| first | AUTHN | 310 |",
      "o.md lists first after a plugin that runs later",
    ],
  ])("%s", (rows, problem) => {
    expect(found(rows)).toEqual([problem]);
  });

  it("a plugin that is there is linked from the list of plugins", () => {
    const text = "| [first](plugins/first/README.md) | x | available |\n| second | y | planned |";
    expect(stateProblems("README.md", text, ["first", "second"])).toEqual([
      "README.md has no row that links to second",
    ]);
  });
});
