import { Escape, JsonWriter, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { addJsonToLog } from "@ai-gateway-wasm/kit/log-number";
import { setProperty } from "proxy-wasm-as";
import { TRACE_PROPERTY } from "./names";
import { OK } from "./reason";

const TARGET: Slice = bytes("t");
const REASON: Slice = bytes("r");
const MS: Slice = bytes("ms");
/** Attribute of the access log (`ai_log`). */
const FALLBACK: Slice = bytes("fallback");
/** More attempts than a chain can have targets are none of ours. */
const MOST: i32 = 16;

/** One attempt that is over, or whose answer has begun well. */
@final
export class TraceEntry {
  constructor(
    readonly target: Slice,
    /** Why it failed, or `OK`. */
    public reason: Slice,
    /** From its beginning to its result. */
    readonly ms: i64,
  ) {}

  get isOk(): bool {
    return this.reason.equals(OK);
  }
}

/**
 * What became of the attempts of one request, as it stands in the filter state:
 *
 *   [{"t":"deepseek-r1","r":"status_503","ms":812},{"t":"qwen-max","r":"ok","ms":430}]
 */
@final
export class Trace {
  readonly entries: TraceEntry[] = [];

  /** @param text no bytes, or what is no such list: nothing happened yet */
  static parse(text: Slice | null): Trace {
    const trace = new Trace();
    const list = text !== null ? readJson(text) : null;
    if (list === null || !list.isArray) return trace;
    const items = list.entries();
    while (items.next() && trace.entries.length < MOST) {
      const target = items.value.get(TARGET);
      const reason = items.value.get(REASON);
      if (target === null || reason === null || !target.isString || !reason.isString) continue;
      const ms = items.value.get(MS);
      const time = ms === null ? 0 : max<i64>(0, parseInteger(ms.raw));
      trace.add(stringOf(target), stringOf(reason), time);
    }
    return trace;
  }

  add(target: Slice, reason: Slice, ms: i64): void {
    this.entries.push(new TraceEntry(target, reason, ms));
  }

  get count(): i32 {
    return this.entries.length;
  }

  /** Why the first attempt failed; null: none did. */
  get firstFailure(): TraceEntry | null {
    for (let i = 0; i < this.entries.length; i++) {
      if (!this.entries[i].isOk) return this.entries[i];
    }
    return null;
  }

  get last(): TraceEntry | null {
    const count = this.entries.length;
    return count > 0 ? this.entries[count - 1] : null;
  }

  /** Writes it where access logs find it: the request is over but for its answer's body. */
  publish(): void {
    const json = this.toJson();
    setProperty(TRACE_PROPERTY, json);
    if (isDefined(HIGRESS)) addJsonToLog(FALLBACK, json);
  }

  /** Appends ` (a: status_503, b: timeout)`; nothing when nobody was asked. */
  appendTo(text: Builder): void {
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i];
      text.appendText(i > 0 ? ", " : " (").append(entry.target);
      text.appendText(": ").append(entry.reason);
    }
    if (this.count > 0) text.appendByte(0x29);
  }

  toJson(): Slice {
    const json = new JsonWriter(Escape.Plain).openArray();
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i];
      json.openObject().keyBytes(TARGET).text(entry.target).keyBytes(REASON).text(entry.reason);
      json.keyBytes(MS).integer(entry.ms).closeObject();
    }
    return json.closeArray().toSlice();
  }
}
