export { startMockModel, type MockModel, type MockModelOptions } from "./server.js";
export type { Arrival, Credential } from "./answer.js";
export { embed } from "./embeddings.js";
export type { Fault } from "./faults.js";
export { COLLECTION } from "./neighbours.js";
export type { ModelRequest } from "./messages.js";
export type { SeenRequest } from "./requests.js";
export { countTokens } from "./tokens.js";
