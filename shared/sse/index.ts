export { SseReader } from "./assembly/reader";
export { SseFields, dataOf } from "./assembly/fields";
