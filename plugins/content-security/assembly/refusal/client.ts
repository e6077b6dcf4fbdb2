import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";

const PATH: Slice = bytes(":path");
const QUERY: u8 = 0x3f;
const SLASH: i32 = 0x2f;
const MESSAGES_PATH: Slice = bytes("/messages");
const RESPONSES_PATH: Slice = bytes("/responses");

/** What a client speaks. */
export const enum Protocol {
  /** OpenAI's chat completions, and whatever else we do not know. */
  Chat,
  /** Anthropic's messages. */
  Messages,
  /** OpenAI's responses. */
  Responses,
}

/** What a request told of its client. One per stream. */
@final
export class Client {
  protocol: Protocol = Protocol.Chat;
  /** It waits for events. */
  wantsStream: bool = false;
  /** Its request has messages, as OpenAI's chats have. */
  isChat: bool = false;
  /** Id of the JSON-RPC message that is judged, as JSON; no bytes: it has none. */
  messageId: Slice = NO_BYTES;
}

/** Reads what the request's path tells. */
export function meetByPath(client: Client): void {
  const path = requestHeaders.get(PATH);
  if (path !== null) client.protocol = protocolOf(path);
}

/** Told by how a path ends; its query does not count. */
function protocolOf(path: Slice): Protocol {
  const query = path.indexOf(QUERY);
  let plain = query < 0 ? path : path.sub(0, query);
  while (plain.at(plain.length - 1) == SLASH) plain = plain.sub(0, plain.length - 1);
  if (plain.endsWith(MESSAGES_PATH)) return Protocol.Messages;
  return plain.endsWith(RESPONSES_PATH) ? Protocol.Responses : Protocol.Chat;
}
