import { Slice } from "@ai-gateway-wasm/bytes";
import { dataOf, SseFields, SseReader } from "@ai-gateway-wasm/sse";
import { answer, answerText, argument } from "../../json/driver/frame";
import { Chunks } from "../../llm/driver/chunks";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/*
 * Arguments: body, cuts (see chunks.ts); `isLines`: each line is an event. Answers a line per event: its data, or `-` for none, and
 * after a `|` its fields as `name=value`, each closed with `;`. A last line `…` says that the stream
 * ends inside of an event, which stands before it.
 */
export function read(maxTail: i32, isLines: i32): void {
  const reader = new SseReader(maxTail, isLines != 0);
  const chunks = new Chunks(argument(0), argument(1));
  while (true) {
    const chunk = chunks.next();
    if (chunk === null) break;
    reader.feed(chunk);
    while (reader.next()) tell(reader.event);
  }
  if (reader.finish()) {
    tell(reader.event);
    answerText("…\n");
  }
  if (reader.dropped > 0) answerText("dropped " + reader.dropped.toString() + "\n");
}

function tell(event: Slice): void {
  const data = dataOf(event);
  if (data === null) answerText("-");
  else answer(data);
  answerText("|");
  const fields = new SseFields(event);
  while (fields.next()) {
    answer(fields.name);
    answerText("=");
    answer(fields.value);
    answerText(";");
  }
  answerText("\n");
}
