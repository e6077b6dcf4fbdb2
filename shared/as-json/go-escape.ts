// Escaping of long texts, for those who write them per request.
export { appendGoEscaped } from "./assembly/go-escape";
