import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { pathOnly } from "@ai-gateway-wasm/kit";
import { setProperty } from "proxy-wasm-as";
import { Answer } from "./answer";
import { Tally } from "./counting";
import { LogRecord } from "./log-record";
import {
  SESSION_ID,
  SPAN_CACHED_INPUT,
  SPAN_CONVERSATION,
  SPAN_ERROR,
  SPAN_FINISH_REASONS,
  SPAN_INPUT,
  SPAN_MODEL,
  SPAN_OPERATION,
  SPAN_OUTPUT,
  SPAN_REASONING,
  SPAN_RESPONSE_ID,
  SPAN_RESPONSE_MODEL,
  SPAN_TOTAL,
} from "./names";
import { COMPLETE, LOCAL_REPLY } from "./outcome";
import { cut, MOST_REASON } from "./cut";
import { Usage } from "./usage";

// Ends of paths, and what OpenTelemetry calls the operation behind them. The first that fits counts.
const ENDS: Slice[] = [
  bytes("/chat/completions"),
  bytes("/messages"),
  bytes("/responses"),
  bytes("/completions"),
  bytes("/embeddings"),
  bytes("enerateContent"),
];
const OPERATIONS: Slice[] = [
  bytes("chat"),
  bytes("chat"),
  bytes("chat"),
  bytes("text_completion"),
  bytes("embeddings"),
  bytes("generate_content"),
];
/** An error that is none of the names above. */
const OTHER_ERROR: Slice = bytes("_OTHER");

const scratch: Builder = new Builder(24);

/** What an answer used, as tags of the active span. */
@final
export class UsageTags {
  private total: i64 = 0;
  private input: i64 = 0;
  private output: i64 = 0;
  private model: Slice = NO_BYTES;

  /** Sets the tags when there is something new to say. */
  update(usage: Usage): void {
    if (this.isKnown(usage)) return;
    this.total = usage.spanTotal;
    this.input = usage.spanInput;
    this.output = usage.spanOutput;
    this.model = usage.spanModel;
    if (!this.model.isEmpty) setProperty(SPAN_MODEL, this.model);
    setProperty(SPAN_INPUT, digits(this.input));
    setProperty(SPAN_OUTPUT, digits(this.output));
    setProperty(SPAN_TOTAL, digits(this.total));
  }

  private isKnown(usage: Usage): bool {
    return (
      usage.spanTotal == this.total &&
      usage.spanOutput == this.output &&
      usage.spanInput == this.input &&
      usage.spanModel.equals(this.model)
    );
  }
}

/** What the conventions of OpenTelemetry have besides (ai-statistics contract 8.3). */
export function setExtraTags(path: Slice, tally: Tally, record: LogRecord): void {
  set(SPAN_OPERATION, operationOf(pathOnly(path)));
  const session = record.findText(SESSION_ID);
  if (session !== null) set(SPAN_CONVERSATION, session);
  const answer = tally.answer;
  if (answer !== null) tagAnswer(answer);
  set(SPAN_ERROR, errorOf(tally));
}

function tagAnswer(answer: Answer): void {
  const usage = answer.usage;
  set(SPAN_RESPONSE_MODEL, usage.model);
  const id = answer.chatId;
  if (id !== null) set(SPAN_RESPONSE_ID, id);
  const reason = cut(answer.finishReason(), MOST_REASON);
  if (!reason.isEmpty) {
    set(SPAN_FINISH_REASONS, new JsonWriter().openArray().text(reason).closeArray().toSlice());
  }
  if (usage.cachedInput > 0) set(SPAN_CACHED_INPUT, digits(usage.cachedInput));
  if (usage.reasoningOutput > 0) set(SPAN_REASONING, digits(usage.reasoningOutput));
}

/** Empty: an operation that has no name. */
function operationOf(path: Slice): Slice {
  for (let i = 0; i < ENDS.length; i++) if (path.endsWith(ENDS[i])) return OPERATIONS[i];
  return NO_BYTES;
}

/** A status of 400 and more, why an answer is not complete, or that its body is an error; empty: none. */
function errorOf(tally: Tally): Slice {
  if (tally.status >= 400) return digits(tally.status);
  const isOver = tally.finish.equals(COMPLETE) || tally.finish.equals(LOCAL_REPLY);
  if (!isOver) return tally.finish;
  const answer = tally.answer;
  return answer !== null && answer.hasFailed ? OTHER_ERROR : NO_BYTES;
}

/** Gateways refuse empty tags. */
function set(name: Slice, value: Slice): void {
  if (!value.isEmpty) setProperty(name, value);
}

/** A number as text, for the next call of the host. */
function digits(count: i64): Slice {
  scratch.clear();
  return scratch.appendInteger(count).view();
}
