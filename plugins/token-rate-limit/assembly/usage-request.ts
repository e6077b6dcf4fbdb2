import { bytes, decimal, decodePercentLeniently, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { pathOnly } from "@ai-gateway-wasm/kit";
import { askForUsage } from "@ai-gateway-wasm/llm";
import { requestBody, requestHeaders, Status } from "proxy-wasm-as";
import { CONTENT_LENGTH, PATH } from "./names";

/** Also the end of `/chat/completions`. Other APIs refuse the field. */
const COMPLETIONS: Slice = bytes("/completions");

/** True when the running request goes to OpenAI's API for chats or completions, as any server sees it. */
export function isForCompletions(): bool {
  const path = requestHeaders.get(PATH);
  if (path === null) return false;
  const plain = lowerCase(decodePercentLeniently(pathOnly(path)));
  let end = plain.length;
  while (plain.at(end - 1) == 0x2f || plain.at(end - 1) == 0x2e) end--; // `/` and `/.` at the end
  return plain.sub(0, end).endsWith(COMPLETIONS);
}

/** Makes a streaming request ask for its usage (token-rate-limit.md 6, no. 14). Headers are held. */
export function injectUsage(body: Slice): void {
  const asking = askForUsage(body);
  if (asking === null || requestBody.replace(asking) != Status.Ok) return;
  if (requestHeaders.get(CONTENT_LENGTH) === null) return; // chunked
  requestHeaders.set(CONTENT_LENGTH, bytes(decimal(asking.length)));
}
