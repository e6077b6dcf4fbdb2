export { bucketOf } from "./assembly/bucket";
export { ConditionGroup } from "./assembly/condition-group";
export { elementsOf } from "./assembly/elements";
export { distanceOf } from "./assembly/rendezvous";
export { readConditions } from "./assembly/parser";
export { RequestValues } from "./assembly/request-values";
export { ValueType } from "./assembly/value-type";
