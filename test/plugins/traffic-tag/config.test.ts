import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "traffic-tag",
  load: (config: object | string) => loadAlone("traffic-tag", config),
};

testConfigurations(subject);
/** A pattern has a grammar, and weights are added up. */
const BEYOND_SCHEMA = /error parsing regexp|total weight exceeds/;

testNeighbours(subject, { weight: 7 }, BEYOND_SCHEMA);
