import { JsonValue, readJson, stringOf, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { CacheConfig } from "../config/config";
import { AnswerParts } from "../replay/record";
import { Answer } from "./answer";
import { MESSAGE } from "./document";
import { findsCall } from "./tool-call";

/** A document is longer than the text in it: escapes, and what else providers say. */
const ENVELOPE: i64 = 65536;
const WIDEST_ESCAPE: i64 = 6;

/** Bytes of a document whatever `maxValueBytes` says: it is kept whole. */
const LONGEST: i64 = 67108864;

const RESPONSE: Slice = bytes("response");
const STATUS: Slice = bytes("status");
const COMPLETED: Slice = bytes("completed");

/** An answer in one JSON document. */
@final
export class JsonAnswer extends Answer {
  private body: Builder = new Builder(0);

  constructor(config: CacheConfig) {
    super(config, MESSAGE);
  }

  override feed(chunk: Slice): void {
    if (this.isRefused) return;
    const limit = <i64>this.config.maxValueBytes;
    const longest = limit == 0 ? LONGEST : min(LONGEST, limit * WIDEST_ESCAPE + ENVELOPE);
    if (<i64>this.body.length + chunk.length > longest) {
      this.refuse("size");
      this.body = new Builder(0);
      return;
    }
    this.body.append(chunk);
  }

  override finish(nowS: i64): Slice | null {
    if (this.isRefused) return null;
    const config = this.config;
    const root = readJson(this.body.view());
    if (root === null || !isWhole(root, this.body.view())) {
      this.refuse("incomplete");
      return null;
    }
    this.document.read(root);
    this.judge();
    if (findsCall(config.toolCallsPath, root)) this.refuse("tool");
    if (config.finishReasons.length > 0 && this.isCutShort(root)) this.refuse("finish");
    const text = this.textAt(config.valuePath, root);
    if (trim(text).isEmpty) this.refuse("blank");
    this.text = text;
    return this.judgeSize(config.keepsRecords ? this.record(root, nowS) : text);
  }

  /** The Responses API names no finish reason, but a status. */
  private isCutShort(root: JsonValue): bool {
    if (!this.document.object.equals(RESPONSE)) return false;
    const status = root.get(STATUS);
    return status !== null && status.isString && !stringOf(status).equals(COMPLETED);
  }

  /** The message with all its fields; an answer of another protocol is its text. */
  private record(root: JsonValue, nowS: i64): Slice {
    const document = this.document;
    const message = document.part;
    if (message === null || !message.isObject) return this.text;
    const parts = new AnswerParts();
    parts.id = textOf(document.id);
    parts.model = textOf(document.model);
    parts.message = message.raw;
    parts.finishReason = document.finishReason;
    const usage = document.usage;
    parts.usage = usage !== null && usage.isObject ? usage.raw : NO_BYTES;
    return this.recordOf(parts, this.text, nowS);
  }
}

/** Nothing is stored of a document that broke off, or of the first of several (`application/x-ndjson`). */
function isWhole(root: JsonValue, body: Slice): bool {
  if ((!root.isObject && !root.isArray) || !root.isComplete) return false;
  const behind = <i32>(root.endAddress() - body.ptr);
  return trim(body.sub(behind)).isEmpty;
}
