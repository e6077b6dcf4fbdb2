import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "model-mapper";

export const PATH: Slice = bytes(":path");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
/** Response code details of the one refusal: a body that names its model too often, or by too much. */
export const AMBIGUOUS_DETAILS: Slice = bytes("model_mapper.ambiguous_model");
export const JSON_TYPE: Slice = bytes("application/json");
/** Tells the filters behind this one which model the upstream is asked for. */
export const FINAL_MODEL_HEADER: Slice = bytes("x-higress-llm-model-final");
