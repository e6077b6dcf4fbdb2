import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, listOf, textOf } from "@ai-gateway-wasm/as-json";
import { Image } from "../image";
import { Judgement } from "../judge/judgement";
import { EVENT_STREAM } from "../names";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { Api, Taking } from "./api";
import { ApiType } from "./type";
import { DATA, URL } from "../words";

const PROMPT: Slice = bytes("prompt");
const BASE64: Slice = bytes("b64_json");

/** Images made of prompts and of other images (content-security.md 3.3). */
export abstract class ImageGeneration extends Api {
  override get type(): ApiType {
    return ApiType.ImageGeneration;
  }

  override get countsTwice(): bool {
    return true;
  }

  override logsRisk(isRequest: bool, _judgement: Judgement): bool {
    return isRequest;
  }

  override taking(isOk: bool, type: Slice): Taking {
    return isOk && type.find(EVENT_STREAM) < 0 ? Taking.Hold : Taking.Pass;
  }
}

/** OpenAI's API. */
@final
export class OpenAiImages extends ImageGeneration {
  override readRequest(texts: Texts, _client: Client): void {
    const prompt = memberOf(texts.root, PROMPT);
    if (prompt !== null && !textOf(prompt).isEmpty) texts.takeAll([prompt]);
  }

  override readResponse(texts: Texts, _client: Client): void {
    const items = listOf(memberOf(texts.root, DATA));
    for (let i = 0; i < items.length; i++) {
      texts.takeImage(new Image(textOf(items[i].get(URL)), false));
      texts.takeImage(new Image(textOf(items[i].get(BASE64)), true));
    }
  }
}

/** A member of an object, or null: there is none, or it is no object. */
export function memberOf(value: JsonValue | null, key: Slice): JsonValue | null {
  return value !== null ? value.get(key) : null;
}
