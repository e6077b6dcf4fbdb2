import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

/**
 * Events of a stream differ in their text alone, most of them:
 *
 *   data: {"id":"1",…,"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}
 *   └───────────────────────── before ────────────────────────┘   └──────── after ──────────┘
 *
 * One that has the bytes around its text from the event before, says nothing else that is new, and is
 * not read again: 0.6 instead of 4.6 µs (Node 20.20 on an AMD EPYC, 2026-11).
 */
@final
export class EventTwin {
  private before: Slice = NO_BYTES;
  private after: Slice = NO_BYTES;

  /** Remembers an event that was read. @param text where its text stands; null: it has none */
  learn(event: Slice, text: JsonValue | null): void {
    this.before = NO_BYTES;
    if (text === null || !text.isString) return;
    const raw = text.raw;
    const at = offsetIn(event, raw);
    if (at < 0) return;
    this.before = event.sub(0, at + 1).copy();
    this.after = event.sub(at + raw.length - 1).copy();
  }

  /** Appends the text of an event that differs from the last one in nothing else. False: it is another. */
  take(event: Slice, to: Builder): bool {
    const before = this.before;
    if (before.isEmpty || !event.startsWith(before) || !event.endsWith(this.after)) return false;
    if (before.length + this.after.length > event.length) return false;
    const text = event.sub(before.length, event.length - this.after.length);
    if (!isPlain(text)) return false;
    to.append(text);
    return true;
  }
}

/** Where a part of the event begins in it; -1: it is no part of it. */
function offsetIn(event: Slice, part: Slice): i32 {
  const at = <i32>(part.ptr - event.ptr);
  return at >= 0 && at + part.length <= event.length ? at : -1;
}

/** The inside of a JSON string that stands for itself, in one line. */
function isPlain(text: Slice): bool {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (byte < 0x20 || byte == QUOTE || byte == BACKSLASH) return false;
  }
  return true;
}
