import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_inject_encoded_data_to_filter_chain } from "../abi/imports-higress";

/**
 * Pushes response bytes past this filter, after a body callback answered StopIterationNoBuffer.
 * Higress build only, and never from a failure callback (host.md 8, row 15).
 */
export function injectResponseBody(data: Slice, endOfStream: bool): Status {
  return proxy_inject_encoded_data_to_filter_chain(data.ptr, data.length, endOfStream ? 1 : 0);
}
