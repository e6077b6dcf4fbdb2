export { SseReader } from "./assembly/reader";
export { SseFields, dataOf, replaceData } from "./assembly/fields";
