import { testNeighbours } from "../neighbours.js";
import { load } from "./support.js";

/** They compare values, look at several fields at once, or compile what a text says. */
const BEYOND_SCHEMA =
  /duplicate target name|unknown target|holds .* twice|is taken already|must not exceed the number|error parsing regexp|cannot refer to groups|is not a path|must be a key|needs clusterHeader|must not be longer than|must hold a cluster each|apiTokens is required for auth|targets\[\d\].host: must be a host name/;

testNeighbours({ plugin: "model-fallback", load }, { name: "z" }, BEYOND_SCHEMA);
