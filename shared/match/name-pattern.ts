// Names as configurations write them: exact, with a star at the end, or as expression.
export { NamePattern } from "./assembly/name-pattern";
