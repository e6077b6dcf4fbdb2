// Events that are alike but for one text, or two of which one is padding.
export { EventShape } from "./assembly/event-shape";
export { PaddedShape } from "./assembly/padded-shape";
