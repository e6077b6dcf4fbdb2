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
    "error consumerRiskLevel[0].contentModerationLevelBar: is no level, so whatever is judged reaches it",
    "error bufferLimit: is not above 0, so a service is asked about each event",
    "error riskLevelBar: is no level, so whatever is judged reaches it",
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

const CLOUD = {
  serviceName: "safecheck.dns",
  servicePort: 443,
  serviceHost: "green.example.com",
  accessKey: "ak",
  secretKey: "sk",
};

/** Warnings and errors of a start that went well. */
async function complaints(config: object): Promise<string[]> {
  const started = await subject.load(config);
  expect(started.lines.join("\n")).toContain("plugin start successfully");
  return firstStart(started).filter((line) => /^(warn|error)/.test(line));
}

test("TextModerationPlus of the peer warns of actions by dimension, whatever they say", async () => {
  const actions = { sensitiveDataAction: "drop", promptAttackAction: "Block" };
  const consumer = { name: "a", matchType: "exact", customLabelAction: "drop" };
  expect(await complaints({ ...CLOUD, ...actions, consumerRiskLevel: [consumer] })).toEqual([
    "warn promptAttackAction: is ignored with TextModerationPlus",
    "warn consumerRiskLevel[0].customLabelAction: is ignored with TextModerationPlus",
  ]);
});

test("who judges nothing is warned", async () => {
  const nothing = ["warn rules: nothing is judged: there are none, and no service"];
  expect(await complaints({ rules: [] })).toEqual(nothing);
  expect(await complaints({ backend: null })).toEqual(nothing);
  expect(await complaints({ deny_words: [] })).toEqual(nothing);
  expect(await complaints({ rules: [{ words: ["weapon"] }] })).toEqual([]);
});

test("rules that need answers warn where none are judged", async () => {
  const warning = "warn checkResponse: is off, but some rule needs it";
  const told = (rule: object, more: object = {}) =>
    complaints({ ...CLOUD, checkRequest: true, ...more, rules: [rule] });
  const mask = { builtin: "email", action: "mask" };
  const turns = "warn requestScope: earlier turns may go on unmasked, unless it is all";
  expect(await told({ ...mask, restore: true })).toEqual([turns, warning]);
  expect(await told({ words: ["weapon"], phase: "response" })).toEqual([warning]);
  expect(await told({ words: ["weapon"] })).toEqual([]);
  expect(await told({ ...mask, phase: "request" })).toEqual([turns]);
  expect(await told({ ...mask, phase: "request" }, { requestScope: "all" })).toEqual([]);
  expect(await complaints({ rules: [{ ...mask, phase: "request" }] })).toEqual([turns]);
  expect((await told({ ...mask, restore: true }, { checkResponse: true })).join()).not.toContain(
    "checkResponse",
  );
});

test("rules that need requests warn where none are judged", async () => {
  const warning = "warn checkRequest: is off, but some rule needs it";
  const told = (rule: object) => complaints({ ...CLOUD, checkResponse: true, rules: [rule] });
  expect(await told({ words: ["weapon"], phase: "request" })).toContain(warning);
  expect(await told({ builtin: "email", action: "mask", restore: true })).toContain(warning);
  expect((await told({ words: ["weapon"] })).join()).not.toContain("checkRequest");
});

test("they count for services beside it", async () => {
  const backend = { type: "bedrock", cluster: "b", guardrailId: "g" };
  const started = await subject.load({ ...CLOUD, backend, sensitiveDataAction: "drop" });
  expect(started.lines.join("\n")).toContain("invalid sensitiveDataAction, value must be one of");
});

test("a mask of what cannot be masked is a block, with a warning", async () => {
  const fields = { ...CLOUD, action: "MultiModalGuard", maliciousUrlAction: "mask" };
  expect(await complaints(fields)).toEqual(["warn maliciousUrlAction: counts as block"]);
});

test.each([null, ""])("a path may be %j, and finds nothing then", async (path) => {
  const fields = ["requestContentJsonPath", "responseContentJsonPath"];
  const paths = Object.fromEntries(fields.map((field) => [field, path]));
  expect(await complaints({ ...CLOUD, ...paths })).toEqual([]);
});

test("who wants a status for refused answers is told where there is none", async () => {
  const fields = { rules: [{ words: ["a"] }], denyCode: 451 };
  const warning = "warn denyCode: refused answers keep theirs";
  expect(await complaints(fields)).toEqual([warning]);
  expect(await complaints({ ...fields, checkResponse: false })).toEqual([]);
  expect(await complaints({ ...fields, body_phase: "hold_headers" })).toEqual([]);
});

test("a start says what is on, of each rule, too", async () => {
  const backends = [{ type: "bedrock", cluster: "b", guardrailId: "g" }];
  const words = [{ words: ["a"] }];
  const _rules_ = [{ _match_route_: ["r"], rules: words, backends, checkRequest: false }];
  const { lines } = await subject.load({ rules: words, checkResponse: false, _rules_ });
  expect(lines).toContain("info judges requests by rules, 0 services");
  expect(lines).toContain("info _rules_[0]: judges answers by rules, 1 services");
});
