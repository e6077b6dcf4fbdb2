import { beforeAll, describe, expect, it } from "vitest";
import { loadPure, type Run } from "./load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadPure();
});

describe("a URL becomes :authority and :path", () => {
  const CASES: [url: string, host: string, path: string][] = [
    ["", "", "/"],
    ["/", "", "/"],
    ["/v1/check", "", "/v1/check"],
    ["v1/check", "", "/v1/check"],
    ["https://a.test", "a.test", "/"],
    ["https://a.test/", "a.test", "/"],
    ["https://a.test:8443/v1?x=1&y=%20", "a.test:8443", "/v1?x=1&y=%20"],
    ["https://a.test?x=1", "a.test", "/?x=1"],
    ["https://a.test/a?", "a.test", "/a"],
    ["https://a.test/a?x=1?y", "a.test", "/a?x=1?y"],
    ["https://a.test/a#part?x=1", "a.test", "/a"],
    ["https://user:pa@ss@a.test/a", "a.test", "/a"],
    ["http://[::1]/a", "[::1]", "/a"],
    ["http://[::1]:80/a", "[::1]:80", "/a"],
    ["http://a.test:/a", "a.test:", "/a"],
    ["//a.test/x", "a.test", "/x"],
    ["///x", "", "///x"],
    ["http:///x", "", "/x"],
    ["http:opaque?x=1", "", "/?x=1"],
    ["/a%20b%2Fc/%e4%bd%a0", "", "/a b/c/你"],
    ["/a:b", "", "/a:b"],
    ["x/a:b", "", "/x/a:b"],
  ];

  it.each(CASES)("%j has host %j and path %j", (url, host, path) => {
    expect(String(run("url", url))).toBe(`${host} ${path}`);
  });
});

describe("a URL that peers refuse, or that would break the request line, is refused", () => {
  it.each([
    ":80/x",
    "1a:b",
    "/%zz",
    "/%4",
    "/a#%zz",
    "http://a.test:8x/",
    "http://[::1/",
    "http://[::1]x/",
    "http://a b/",
    "http://a%41.test/",
    "/a\r\nx: y",
    "/a%0d%0ax:%20y",
    "/a%00",
    "/a?x=\u0001",
  ])("%j", (url) => {
    expect(run("url", url)).toBeNull();
  });
});

it("whatever text a URL is, its path is one a request line can hold: 5000 seeded texts", () => {
  const random = seeded(7);
  const LETTERS = "http:/?#%[]@.0aF \r\n\u0000é";
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random(24) }, () => LETTERS[random(LETTERS.length)]).join("");
    const found = run("url", text)?.toString() ?? " /";
    expect(found.slice(found.indexOf(" ") + 1), JSON.stringify(text)).toMatch(/^\/\P{Cc}*$/u);
  }
});
