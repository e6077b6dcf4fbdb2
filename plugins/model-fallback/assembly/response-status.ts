import { parseInteger } from "@ai-gateway-wasm/bytes";
import { responseHeaders } from "proxy-wasm-as";
import { STATUS } from "./names";

/** The status of the running response, whose headers can be read; 0: there is none. */
export function responseStatus(): i32 {
  const text = responseHeaders.get(STATUS);
  return text === null ? 0 : <i32>parseInteger(text);
}
