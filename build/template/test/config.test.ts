import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "template-plugin",
  load: (config: object | string) => loadAlone("template-plugin", config),
};

testConfigurations(subject);
testNeighbours(subject, { header: "z" });
