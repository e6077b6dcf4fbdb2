// Events that are alike but for one text.
export { EventShape } from "./assembly/event-shape";
