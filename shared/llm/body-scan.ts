// What is worth knowing of every body, however long it is.
export { BodyScan } from "./assembly/body-scan";
