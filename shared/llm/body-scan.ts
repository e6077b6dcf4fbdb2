// What is worth knowing of every body, however long it is.
export { BodyScan, MAX_MODEL } from "./assembly/body-scan";
