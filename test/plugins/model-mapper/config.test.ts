import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "model-mapper",
  load: (config: object | string) => loadAlone("model-mapper", config),
};

testConfigurations(subject);
testNeighbours(subject, { a: "b" });
