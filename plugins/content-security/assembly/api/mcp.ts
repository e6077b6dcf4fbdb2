import { JsonPath, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { EventTexts } from "../event-texts";
import { EVENT_STREAM, JSON_TYPE } from "../names";
import { Client } from "../refusal/client";
import { Texts } from "../texts";
import { Api, Taking } from "./api";
import { ApiType } from "./type";
import { BINARY, leavesOf } from "./leaves";
import { readFirst, TextPaths } from "../text-paths";
import { ID } from "../words";

const METHOD: Slice = bytes("method");
const PARAMS: Slice = bytes("params");
const CALL: Slice = bytes("tools/call");
const RESULT: Slice = bytes("result");
const STRUCTURED: Slice = bytes("structuredContent");

/** Calls of tools over JSON-RPC, and what they give (content-security.md 3.4). */
@final
export class Mcp extends Api {
  constructor(
    private readonly paths: TextPaths,
    /** Of results with structured content all is judged: no path says otherwise. */
    private readonly takesResults: bool,
  ) {
    super();
  }

  override get type(): ApiType {
    return ApiType.Mcp;
  }

  override get modality(): string {
    return "mcp";
  }

  override get spellsRight(): bool {
    return true;
  }

  override get logsStreams(): bool {
    return false;
  }

  override get judgesEvents(): bool {
    return true;
  }

  override taking(isOk: bool, type: Slice): Taking {
    if (!isOk) return Taking.Pass;
    if (type.find(JSON_TYPE) >= 0) return Taking.Hold;
    return type.find(EVENT_STREAM) >= 0 ? Taking.Stream : Taking.Search;
  }

  /** Of a batch with a call all is judged. */
  override readRequest(texts: Texts, client: Client): void {
    const root = texts.root;
    if (root === null) return;
    texts.noteTwins(root);
    if (root.isArray) {
      if (hasCall(root)) take(texts, root);
    } else if (isCall(root)) {
      client.messageId = idOf(root);
      texts.noteTwins(root.get(PARAMS));
      take(texts, readFirst(this.paths.request, root));
    }
  }

  override readResponse(texts: Texts, client: Client): void {
    client.messageId = idOf(texts.root);
    take(texts, this.answerAt(this.paths.response, texts.root), BINARY);
  }

  override readEvent(event: Slice): EventTexts {
    const texts = new EventTexts(event);
    const root = texts.root;
    const value = this.answerAt(this.paths.stream, root);
    if (value === null) return texts;
    texts.messageId = idOf(root);
    texts.askAlone(value);
    texts.takeAlone(leavesOf(value, BINARY));
    return texts;
  }

  /** Of a batch all, unless the path is made for it. */
  private answerAt(paths: JsonPath[], root: JsonValue | null): JsonValue | null {
    if (root !== null && this.takesResults) {
      const result = root.get(RESULT);
      if (result !== null && result.get(STRUCTURED) !== null) return result;
    }
    const value = readFirst(paths, root);
    return value === null && root !== null && root.isArray ? root : value;
  }
}

/** Local rules look at the strings of a value; services see it as it stands. */
function take(texts: Texts, value: JsonValue | null, except: Slice = NO_BYTES): void {
  if (value === null || textOf(value).isEmpty) return;
  texts.askRaw(value);
  texts.takeAll(leavesOf(value, except));
}

function hasCall(batch: JsonValue): bool {
  const messages = batch.entries();
  while (messages.next()) {
    if (isCall(messages.value)) return true;
  }
  return false;
}

function isCall(message: JsonValue): bool {
  return textOf(message.get(METHOD)).equals(CALL);
}

/** As JSON; no bytes: it has none that an answer could carry. */
function idOf(message: JsonValue | null): Slice {
  const id = message !== null ? message.get(ID) : null;
  return id !== null && (id.isString || id.isNumber) ? id.raw.kept() : NO_BYTES;
}
