import { testNeighbours } from "../neighbours.js";
import { load } from "./support.js";

// What only the sum of several fields, or Higress alone, refuses.
const BEYOND_SCHEMA =
  /cannot be all empty|error:<nil>|maxBytes \/|so few ways|query is not closed|path is|expected \. or|unexpected |has this namespace|requestBody or responseBody/;

testNeighbours({ plugin: "ai-cache", load }, { header: "x", type: "memory" }, BEYOND_SCHEMA);
