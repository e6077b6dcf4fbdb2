import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "model-router";

export const PATH: Slice = bytes(":path");
export const CONTENT_TYPE: Slice = bytes("content-type");
/** What auto routing sets, whatever `modelToHeader` says. */
export const MODEL_HEADER: Slice = bytes("x-higress-llm-model");
/** Written by key-auth and Higress's other authentication plugins. */
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
