import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { PairsBuilder } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE } from "./names";

/** Of the one refusal: a body that names its model more than once. */
export const AMBIGUOUS_DETAILS: Slice = bytes("model_router.ambiguous_model");

export function replyHeaders(): Slice {
  return new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
}
