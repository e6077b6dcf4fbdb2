import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  isJson,
  keepRoute,
  limitRequestBuffer,
  pathOnly,
} from "@ai-gateway-wasm/kit";
import { askForUsage } from "@ai-gateway-wasm/llm/include-usage";
import { requestBody, requestHeaders } from "proxy-wasm-as";
import { CONTENT_TYPE } from "./names";

const CONTENT_LENGTH: Slice = bytes("content-length");
/** Also the end of `/chat/completions`. Other APIs refuse the field. */
const COMPLETIONS: Slice = bytes("/completions");
/** As much as gateways hand over at once, beyond what is held. */
const READ: i64 = 1_048_576;

/**
 * Prepares the running request for another body, if it may be one that streams without telling what
 * it uses. Its headers go ahead, without the length of what they announce.
 *
 * @param limit bytes of body that are held at most
 * @returns false, and nothing is changed, for another API or a longer body
 */
export function prepareToAsk(path: Slice, limit: i32): bool {
  if (!pathOnly(path).endsWith(COMPLETIONS) || announcedLength() > limit) return false;
  const type = requestHeaders.get(CONTENT_TYPE);
  if (type === null || !isJson(type)) return false;
  keepRoute();
  limitRequestBuffer(<i64>limit + READ);
  requestHeaders.remove(CONTENT_LENGTH);
  return true;
}

/** Asks for usage in a complete body that is still held. One with `stream_options` of its own stays. */
export function askIn(body: Slice): void {
  const asking = askForUsage(body, false);
  if (asking !== null) requestBody.replace(asking);
}
