import { expect, test } from "vitest";
import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "model-mapper",
  load: (config: object | string) => loadAlone("model-mapper", config),
};

testConfigurations(subject);
testNeighbours(subject, { a: "b" });

test("a name that no header can have is ignored, as nothing of the peer's can be refused", async () => {
  const { lines } = await loadAlone("model-mapper", { modelToHeader: "a b" });
  expect(lines).toContain("warn modelToHeader: is not a header name: ignored");
});
