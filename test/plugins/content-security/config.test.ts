import { expect, test } from "vitest";
import { testConfigurations, validConfigurations } from "../configurations.js";
import { firstStart, loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "content-security",
  load: (config: object | string) => loadAlone("content-security", config),
};

testConfigurations(subject);
/** Expressions and paths have a grammar. */
const BEYOND_SCHEMA =
  /error parsing regexp|regexp error field|is not a JSON path|jsonpath error value/;

testNeighbours(subject, { type: "local" }, BEYOND_SCHEMA);

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
