import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "model-router",
  load: (config: object | string) => loadAlone("model-router", config),
};

/** They compare values of several fields, or count decimals. */
const BEYOND_SCHEMA =
  /duplicate (split rule|variant)|weights must sum|at most 2 decimals|there is no variant|needs addProviderHeader|clusterHeader is required/;

testConfigurations(subject);
testNeighbours(subject, { name: "z", weight: 1 }, BEYOND_SCHEMA);
