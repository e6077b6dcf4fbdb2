// Texts in paths, queries and forms.
export { appendForm, appendSegment, appendSegments } from "./assembly/percent";
