export { unpack } from "./assembly/unpack";
