import { testConfigurations } from "../configurations.js";
import { loadAlone } from "../loaded.js";
import { testNeighbours } from "../neighbours.js";

const subject = {
  plugin: "content-security",
  load: (config: object | string) => loadAlone("content-security", config),
};

testConfigurations(subject);
/** Expressions and paths have a grammar. */
const BEYOND_SCHEMA = /error parsing regexp|regexp error field|is not a JSON path/;

testNeighbours(subject, { type: "local" }, BEYOND_SCHEMA);
