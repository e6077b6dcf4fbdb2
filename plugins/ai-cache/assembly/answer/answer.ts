import { isValidJson, JsonPath, JsonType, JsonValue, textOf, ugly } from "@ai-gateway-wasm/as-json";
import { equalsIgnoreCase, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { CacheConfig } from "../config/config";
import { AnswerParts, AnswerRecord } from "../replay/record";
import { AnswerDocument } from "./document";

/** An answer on its way to the client: looked at as it passes, and perhaps worth keeping. */
export abstract class Answer {
  /** Why it is not stored; empty: nothing is against it so far. */
  reason: string = "";
  protected readonly document: AnswerDocument;

  /** @param partName of a choice */
  constructor(
    protected readonly config: CacheConfig,
    partName: Slice,
  ) {
    this.document = new AnswerDocument(partName);
  }

  /** @param chunk the host's bytes */
  abstract feed(chunk: Slice): void;

  /** All has come. @returns what is to be stored, or null; `reason` says why */
  abstract finish(nowS: i64): Slice | null;

  /** The text, after `finish`. */
  text: Slice = NO_BYTES;

  get isRefused(): bool {
    return this.reason.length > 0;
  }

  /** Notes why it is not stored; the first reason stays. */
  refuse(reason: string): void {
    if (!this.isRefused) this.reason = reason;
  }

  /** Refuses what the document that was read last forbids to store. */
  protected judge(): void {
    const document = this.document;
    if (document.isTooWide) this.refuse("size");
    if (document.hasError) this.refuse("error");
    if (document.hasCall) this.refuse("tool");
    if (document.hasRefusal) this.refuse("refusal");
    if (!document.finishReason.isEmpty && !this.allows(document.finishReason)) {
      this.refuse("finish");
    }
  }

  /**
   * The text that a path leads to; null: where it usually stands. A list of parts, such as thoughts and
   * texts, would be replayed as a text that reads as JSON: it is none.
   */
  protected textAt(path: JsonPath | null, root: JsonValue): Slice {
    if (path !== null) return textOf(path.read(root));
    const content = this.document.content;
    if (content !== null && content.type >= JsonType.Array) this.refuse("type");
    return textOf(content);
  }

  /** @returns what is to be stored; null when it is too long, or refused for another reason */
  protected judgeSize(value: Slice): Slice | null {
    const limit = this.config.maxValueBytes;
    if (limit > 0 && value.length > limit) this.refuse("size");
    // As a text it would be taken for a record, with whatever a client had the model say.
    if (AnswerRecord.isMarked(this.text)) this.refuse("mark");
    return this.isRefused ? null : value;
  }

  /** The whole message to be stored; the text where that cannot be replayed, or says nothing. */
  protected recordOf(parts: AnswerParts, text: Slice, nowS: i64): Slice {
    if (!isValidJson(parts.message)) return text;
    if (!isValidJson(parts.usage)) parts.usage = NO_BYTES;
    // A line feed between tokens would end the line of an event.
    parts.message = ugly(parts.message);
    parts.usage = ugly(parts.usage);
    const value = AnswerRecord.encode(parts, nowS);
    const record = AnswerRecord.find(value);
    return record === null || trim(record.text).isEmpty ? text : value;
  }

  private allows(finishReason: Slice): bool {
    const allowed = this.config.finishReasons;
    if (allowed.length == 0) return true;
    for (let i = 0; i < allowed.length; i++) {
      if (equalsIgnoreCase(allowed[i], finishReason)) return true; // Gemini has capitals
    }
    return false;
  }
}
