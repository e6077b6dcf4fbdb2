export { isCollectionDue } from "./assembly/objects";
