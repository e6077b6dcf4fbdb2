// JSON as Go writes it, for values that are put into the access log without `AttributeMap#setJson`.
export {
  appendCanonical,
  MAX_ATTRIBUTE_DEPTH,
  Member,
  sortMembers,
} from "./assembly/canonical-json";
export { canonicalText } from "./assembly/canonical-writer";
