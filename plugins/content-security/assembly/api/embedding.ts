import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Judgement } from "../judge/judgement";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { Api, Taking } from "./api";
import { ApiType } from "./type";
import { leavesOf } from "./leaves";
import { readFirst, TextPaths } from "../text-paths";

const LINE_FEED: Slice = bytes("\n");

/** Members of an answer that say nothing. */
const STRUCTURE: Slice = bytes("object model index encoding id requestId embedding ");

/** Texts that become vectors (content-security.md 3.4). */
@final
export class Embedding extends Api {
  constructor(private readonly paths: TextPaths) {
    super();
  }

  override get type(): ApiType {
    return ApiType.Embedding;
  }

  override get modality(): string {
    return "";
  }

  override get spellsRight(): bool {
    return true;
  }

  override get logsFailures(): bool {
    return false;
  }

  override logsRisk(_isRequest: bool, judgement: Judgement): bool {
    return judgement.hasAdvice;
  }

  /** Whatever the status: errors repeat what was asked. */
  override taking(_isOk: bool, _type: Slice): Taking {
    return Taking.Hold;
  }

  /** A string, or the strings of a list that begins with one. */
  override readRequest(texts: Texts, _client: Client): void {
    texts.joint = LINE_FEED;
    const input = readFirst(this.paths.request, texts.root);
    if (input !== null && input.isString) return texts.take(input, NO_BYTES);
    const first = input !== null ? input.item(0) : null;
    if (input === null || !input.isArray || (first !== null && !first.isString)) {
      texts.skipped = "request skip - unsupported input type";
    } else {
      texts.takeAll(stringsOf(input));
    }
  }

  override readResponse(texts: Texts, _client: Client): void {
    texts.joint = LINE_FEED;
    const error = readFirst(this.paths.errors, texts.root);
    if (error !== null && !textOf(error).isEmpty) {
      texts.takeAll([error]);
    } else {
      const data = readFirst(this.paths.response, texts.root);
      if (data !== null) texts.takeAll(withoutNumbers(leavesOf(data, STRUCTURE)));
    }
    if (texts.isEmpty) texts.skipped = "response skip - no text content";
  }
}

function stringsOf(list: JsonValue): JsonValue[] {
  const strings: JsonValue[] = [];
  const items = list.entries();
  while (items.next()) {
    if (items.value.isString) strings.push(items.value);
  }
  return strings;
}

function withoutNumbers(leaves: JsonValue[]): JsonValue[] {
  const texts: JsonValue[] = [];
  for (let i = 0; i < leaves.length; i++) {
    if (!leaves[i].isNumber) texts.push(leaves[i]);
  }
  return texts;
}
