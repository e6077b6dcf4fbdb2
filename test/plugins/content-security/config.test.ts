import { expect, test } from "vitest";
import { testConfigurations, validConfigurations } from "../configurations.js";
import { firstStart, loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "content-security",
  load: (config: object | string) => loadAlone("content-security", config),
};

testConfigurations(subject);
/** Expressions and paths have a grammar; another build has a word list. */
const BEYOND_SCHEMA =
  /error parsing regexp|regexp error field|is not a JSON path|jsonpath error value|no built-in word list/;

testNeighbours(subject, { type: "local" }, BEYOND_SCHEMA);

const PATHS = [
  ...[
    "$",
    "$.a",
    "$.a.b",
    "$['a b']",
    '$["a"]',
    "$[0]",
    "$[-1].a",
    "$.a[*]",
    "$.*",
    "$..a",
    "$..*",
  ],
  ...[
    "$..[0]",
    "$..['a']",
    "$.消息",
    "$.a_b-c.d1",
    "$[1:2]",
    "$[:]",
    "$[-2:]",
    "$[::-1]",
    "$[0,1]",
  ],
  ...["$['a','b']", "$[0, 'a', *, 1:3]", "$[?(@.a)]", "$[?@.a == 'b']", "$..[?(@.a.b != 1.5)]"],
  ...["$[?@['a'] == \"b\" && !@.c || @ == null].d", "$[?@.a, ?@.b]"],
];
const NO_PATHS = [
  ...["a", ".a", "$a", "$.", "$..", "$.a.", "$[", "$[]", "$[*", "$['a", "$['a'", "$.['a']", "$[a]"],
  ...[
    "$[1:2:3:4]",
    "$[0,]",
    "$[,0]",
    "$['a' 'b']",
    "$[?]",
    "$[?()]",
    "$[?(@.a]",
    "$[?@.a &&]",
    "$[?@.a = 1]",
    "$[?@.a == ]",
    "$[?@.a < 1]",
    "$[?@.a[0]]",
    "$[?'a' == @.a]",
    "$[?!@.a == 1]",
    "$[?length(@.a) == 1]",
    "$[99999999999]",
    "$[:99999999999]",
    "$.a.length()",
    "$ .a",
    "$.a b",
    "$[1.5]",
    "@.a",
  ],
];

test.each(PATHS)("%s is a path of deny_jsonpath", async (path) => {
  expect((await subject.load({ deny_jsonpath: path })).accepted).toBe(true);
});

test.each(NO_PATHS)("%s is no path of deny_jsonpath", async (path) => {
  const { accepted, lines } = await subject.load({ deny_jsonpath: ["$.a", path] });
  expect(accepted).toBe(false);
  expect(lines.join("\n")).toContain(`jsonpath error value ${path}`);
});

test("what nobody can mean is taken as the peer takes it, with an error in the log", async () => {
  const configurations = new Map(validConfigurations(subject.plugin));
  const started = await subject.load(configurations.get("aliyun-with-doubtful-values")!);
  expect(firstStart(started).filter((line) => line.startsWith("error"))).toEqual([
    "error action: is unknown, so Alibaba Cloud checks nothing",
    "error bufferLimit: is not above 0, so a service is asked about each event",
    "error riskLevelBar: is no level, so whatever is judged reaches it",
    "error consumerRiskLevel[0].contentModerationLevelBar: is no level, so whatever is judged reaches it",
  ]);
});

test("APIs and providers that nobody knows are not judged, and the log says so", async () => {
  const configurations = new Map(validConfigurations(subject.plugin));
  const started = await subject.load(configurations.get("api-and-provider-unknown")!);
  expect(firstStart(started).filter((line) => line.startsWith("error"))).toEqual([
    "error _rules_[0].apiType: is unknown, so nothing is judged",
    "error _rules_[1].providerType: is unknown, so nothing is judged",
    "error _rules_[2].apiType: is beyond TextModerationPlus, so answers are not judged",
  ]);
});
