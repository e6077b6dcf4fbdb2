// Identifiers of 128 bits.
export { uuidOf } from "./assembly/uuid";
