import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "model-router",
  load: (config: object | string) => loadAlone("model-router", config),
};

testConfigurations(subject);
testNeighbours(subject, { header: "z" });
