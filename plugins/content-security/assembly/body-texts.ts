import { Slice } from "@ai-gateway-wasm/bytes";
import { SecurityConfig } from "./config";
import { Phase } from "./judge/backend";
import { Client, Protocol } from "./refusal/client";
import { Texts } from "./texts";

/**
 * What is judged of a whole body (content-security.md 2.2, 2.6, 2.7).
 *
 * @param client learns what a request tells of it
 */
export function textsOf(body: Slice, phase: Phase, config: SecurityConfig, client: Client): Texts {
  const texts = new Texts(body);
  if (phase == Phase.Request) takeRequest(texts, config, client);
  else takeAnswer(texts, config);
  return texts;
}

function takeRequest(texts: Texts, config: SecurityConfig, client: Client): void {
  const masking = config.masking;
  client.wantsStream = texts.wantsStream;
  client.isChat = texts.isChat;
  if (masking !== null) return masking.takeRequest(texts, client);
  if (config.scope >= 0) texts.takeMessages(config.scope);
  if (client.protocol == Protocol.Responses) texts.takeInput(config.scope);
  texts.takeFirst(config.requestPaths, config.takesLists);
}

function takeAnswer(texts: Texts, config: SecurityConfig): void {
  const masking = config.masking;
  if (masking !== null) return masking.takeAnswer(texts, config.responsePaths);
  if (config.scope >= 0) texts.takeAnswer();
  texts.takeFirst(config.responsePaths, config.takesLists);
}
