import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "model-router";
/** Properties that tell instances of the plugin apart (host.md 5.1). */
export const INSTANCE: Slice = bytes("plugin_name");
export const INSTANCE_ROOT: Slice = bytes("plugin_root_id");

export const PATH: Slice = bytes(":path");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const JSON_TYPE: Slice = bytes("application/json");
/** What auto routing sets, whatever `modelToHeader` says. */
export const MODEL_HEADER: Slice = bytes("x-higress-llm-model");
/** Written by key-auth and Higress's other authentication plugins. */
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
/** Tells about the variant that a request got. */
export const VARIANT_HEADER: Slice = bytes("x-model-variant");
/** Marks a request that a fallback of Higress sends again. */
export const FALLBACK_HEADER: Slice = bytes("x-higress-fallback-from");

/** Filter state for the access log: which variant a request got, and why. */
export const SPLIT_PROPERTY: Slice = bytes("model_router_split");
/** Foreign function that gives a property a life span. */
export const DECLARE_PROPERTY: Slice = bytes("declare_property");
/**
 * Its argument for `SPLIT_PROPERTY` (harness.md 5.4): name (1), type string (3), and span of the
 * downstream request (5), so that it outlives an internal redirect.
 */
export const SPLIT_DECLARATION: Slice = new Builder()
  .appendByte(0x0a)
  .appendByte(<u8>SPLIT_PROPERTY.length)
  .append(SPLIT_PROPERTY)
  .appendByte(0x18)
  .appendByte(1)
  .appendByte(0x28)
  .appendByte(1)
  .toSlice();
/** Attributes of the access log (`ai_log`). */
export const VARIANT_ATTRIBUTE: Slice = bytes("model_variant");
export const MODEL_ATTRIBUTE: Slice = bytes("requested_model");
