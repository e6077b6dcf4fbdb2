import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "ai-cache",
  load: (config: object | string) => loadAlone("ai-cache", config),
};

testConfigurations(subject);
testNeighbours(subject, { header: "z" });
