import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "model-mapper";

export const PATH: Slice = bytes(":path");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
/** Tells the filters behind this one which model the upstream is asked for. */
export const FINAL_MODEL_HEADER: Slice = bytes("x-higress-llm-model-final");
