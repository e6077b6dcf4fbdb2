import { findJson, integerOf, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";

/** The object that an event of a stream carries, a view of it; null: none. */
export function eventObject(event: Slice): JsonValue | null {
  const data = dataOf(event);
  if (data === null) return null;
  const root = findJson(data);
  return root !== null && root.isObject ? root : null;
}

/** A member that counts something, within bounds that nobody reaches who means well. */
export function countOf(object: JsonValue, key: Slice): i64 {
  return min<i64>(i32.MAX_VALUE, max<i64>(0, integerOf(object.get(key))));
}

/** Writes events whose object repeats their name as `type`, as Anthropic's and OpenAI's responses. */
@final
export class EventWriter {
  private readonly out: Builder = new Builder(1024);
  /** The object of the event. */
  json: JsonWriter = new JsonWriter();

  open(type: string): JsonWriter {
    this.json = new JsonWriter().openObject().key("type").string(type);
    this.out.appendText("event: ").appendText(type).appendText("\ndata: ");
    return this.json;
  }

  close(): void {
    this.out.append(this.json.closeObject().toSlice()).appendText("\n\n");
  }

  toSlice(): Slice {
    return this.out.toSlice();
  }
}
