import { testNeighbours } from "../neighbours.js";
import { load } from "./support.js";

testNeighbours({ plugin: "token-quota", load }, { consumer: "z", tokens: 1 });
