import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "ai-statistics",
  load: (config: object | string) => loadAlone("ai-statistics", config),
};

testConfigurations(subject);
testNeighbours(subject, { header: "z" });
