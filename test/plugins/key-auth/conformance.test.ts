import { testNeighbours } from "../neighbours.js";
import { load } from "./support.js";

/** They compare values, or ask the clock or the environment. */
const BEYOND_SCHEMA =
  /duplicate consumer credential|is used by another key|must be earlier than|there is no such consumer|hash pepper is not set|provider key env [^]* is not set/;

testNeighbours({ plugin: "key-auth", load }, { name: "z", credential: "z" }, BEYOND_SCHEMA);
