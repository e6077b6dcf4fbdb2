import { expect, test } from "vitest";
import { testConfigurations } from "../configurations.js";
import { firstStart, loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "ai-statistics",
  load: (config: object | string) => loadAlone("ai-statistics", config),
};

testConfigurations(subject);
testNeighbours(subject, { key: "a" });

test("what the peer takes and nobody can mean is taken, with a warning", async () => {
  const started = await subject.load({
    value_length_limit: -2,
    attributes: [
      { key: "a" },
      { key: "b", value_source: "elsewhere" },
      { key: "c", value_source: "request_body", value: "a.#(" },
    ],
  });
  expect(started.accepted).toBe(true);
  expect(firstStart(started)).toEqual([
    "warn attributes[1].value_source: unknown, nothing is read: elsewhere",
    "warn attributes[2].value: is no path, nothing is read: a query is not closed",
    "warn value_length_limit: is negative and counts as 0",
    "info plugin start successfully",
  ]);
});

test("field names of attributes are compared without case, as Go does", async () => {
  const started = await subject.load({ attributes: [{ KEY: "a", Rule: "none" }] });
  expect(started.lines.join("\n")).toContain("attributes[0].rule: value of rule must be one of");
});
