import { testNeighbours } from "../neighbours.js";
import { load } from "./support.js";

/** They compare numbers of the document, or have a grammar. */
const BEYOND_SCHEMA = /failed to parse IPNet|failed to compile regex|exceeds maximum/;

testNeighbours({ plugin: "token-rate-limit", load }, { key: "z", token_per_day: 1 }, BEYOND_SCHEMA);
