import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { textOf } from "@ai-gateway-wasm/as-json";
import { AnthropicRefusal } from "./anthropic";
import { Client, meetByPath, Protocol } from "./client";
import { DenyFormat } from "./content";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { Ending } from "./ending";
import { eventObject } from "./event";
import { Refusal } from "./refusal";
import { ResponsesRefusal } from "./responses";
import { CHOICES, TYPE } from "../words";

const MESSAGE_START: Slice = bytes("message_start");
const RESPONSE: Slice = bytes("response.");

/** In what the client speaks: configurations of ours. */
@final
export class ClientRefusal extends Refusal {
  private readonly messages: Refusal;
  private readonly responses: Refusal;

  /** @param chat for OpenAI's chats, and for whom we do not know */
  constructor(
    deny: DenyConfig,
    format: DenyFormat,
    private readonly chat: Refusal,
  ) {
    super(deny);
    this.messages = new AnthropicRefusal(deny, format);
    this.responses = new ResponsesRefusal(deny, format);
  }

  override meet(client: Client): void {
    meetByPath(client);
  }

  override document(denial: Denial): Slice {
    return this.of(denial.client.protocol).document(denial);
  }

  override events(denial: Denial): Slice {
    return this.of(denial.client.protocol).events(denial);
  }

  /** By what the stream says, whatever the path. */
  override follow(event: Slice, client: Client): Ending | null {
    const root = eventObject(event);
    if (root === null) return null;
    const type = textOf(root.get(TYPE));
    if (type.equals(MESSAGE_START)) return this.messages.follow(event, client);
    if (type.startsWith(RESPONSE)) return this.responses.follow(event, client);
    return root.get(CHOICES) === null ? null : this.chat.follow(event, client);
  }

  private of(protocol: Protocol): Refusal {
    if (protocol == Protocol.Messages) return this.messages;
    return protocol == Protocol.Responses ? this.responses : this.chat;
  }
}
