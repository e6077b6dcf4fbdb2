import { Escape, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { AnswerRecord } from "./record";

const NO_USAGE: Slice = bytes('{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}');
const NO_MESSAGE: Slice = bytes("{}");

/** A `chat.completion` as the model gave it. @param showsUsage else its tokens are 0: they cost nothing */
export function completionOf(record: AnswerRecord, showsUsage: bool): Slice {
  const out = new Builder(512);
  const json = new JsonWriter(Escape.Plain, out).openObject().key("id").text(record.id);
  json.key("choices").openArray().openObject().key("index").integer(0);
  json.key("message").raw(messageOf(record)).key("finish_reason").text(record.finishReason);
  json.closeObject().closeArray().key("created").integer(record.created);
  json.key("model").text(record.model).key("object").string("chat.completion");
  json.key("usage").raw(usageOf(record, showsUsage)).closeObject();
  return out.view();
}

/** The same as a stream of one event. */
export function singleEventOf(record: AnswerRecord, showsUsage: bool): Slice {
  const out = new Builder(512).appendText("data:");
  const json = new JsonWriter(Escape.Plain, out).openObject().key("id").text(record.id);
  json.key("choices").openArray().openObject().key("index").integer(0);
  json.key("delta").raw(messageOf(record)).key("finish_reason").text(record.finishReason);
  json.closeObject().closeArray().key("created").integer(record.created);
  json.key("model").text(record.model).key("object").string("chat.completion.chunk");
  json.key("usage").raw(usageOf(record, showsUsage)).closeObject();
  return out.appendText("\n\ndata:[DONE]\n\n").view();
}

/** The usage that a hit reports. */
export function usageOf(record: AnswerRecord | null, showsUsage: bool): Slice {
  const usage: JsonValue | null = record === null ? null : record.usage;
  return usage === null || !showsUsage ? NO_USAGE : usage.raw;
}

function messageOf(record: AnswerRecord): Slice {
  const message = record.message;
  return message === null ? NO_MESSAGE : message.raw;
}
