// Which model a request asks for: reading the name, mapping it, writing another one in its place.
export { AMBIGUOUS_MODEL } from "./assembly/request/ambiguous-model";
export {
  isModelFlood,
  ModelField,
  ModelPlace,
  readFormModel,
  readJsonModel,
} from "./assembly/request/model-field";
export { ModelKey, readModelKey } from "./assembly/request/model-key";
export {
  MappingOrder,
  ModelMapping,
  readMappingOrder,
  readModelMapping,
} from "./assembly/request/model-mapping";
export { FormModelSearch } from "./assembly/request/form-model-search";
export { JsonModelSearch } from "./assembly/request/json-model-search";
export { ModelSearch, Progress } from "./assembly/request/model-search";
export { isHeaderSafe } from "./assembly/request/model-name";
export { DEFAULT_SUFFIXES, PathSuffixes } from "./assembly/request/path-suffixes";
