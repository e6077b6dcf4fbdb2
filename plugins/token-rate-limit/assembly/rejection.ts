import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readRefusalFormat, RefusalFormat, Reply } from "@ai-gateway-wasm/llm/refusal";

/** Why a request is refused; the order of the lists below. */
const enum Cause {
  Limited,
  Store,
  BodySize,
  Model,
  Body,
}

const CODES: string[] = [
  "rate_limit_exceeded",
  "store_unavailable",
  "body_too_large",
  "model_ambiguous",
  "body_unreadable",
];
const OPENAI_TYPES: string[] = [
  "tokens",
  "server_error",
  "invalid_request_error",
  "invalid_request_error",
  "invalid_request_error",
];
const ANTHROPIC_TYPES: string[] = [
  "rate_limit_error",
  "api_error",
  "request_too_large",
  "invalid_request_error",
  "invalid_request_error",
];

const DEFAULT_MESSAGE: Slice = bytes("Too many requests");
const DEFAULT_STATUS: i64 = 429;
const STORE_TEXT: Slice = bytes("rate limit store unavailable");
const SIZE_TEXT: Slice = bytes("request body too large");
const BODY_TEXT: Slice = bytes("the request body cannot be read");
const MODEL_TEXT: Slice = bytes("the body does not name one model");

/** The answers that refuse a request, made when the plugin is configured. */
@final
export class Rejection {
  /** Some limit is passed (token-rate-limit.md 4.4). */
  readonly limited: Reply;
  /** `fail_mode: closed`, and the store does not answer. */
  readonly storeUnavailable: Reply;
  /** The body that names the model is longer than `max_body_bytes`. */
  readonly bodyTooLarge: Reply;
  /** The body names more than one model, or is compressed. */
  readonly modelUnclear: Reply;
  /** With `read_body`: it is compressed, or not in UTF-8. */
  readonly bodyUnread: Reply;

  constructor(config: ConfigReader) {
    const format = readRefusalFormat(config);
    const status = readStatus(config);
    const text = config.text("rejected_msg", DEFAULT_MESSAGE);
    this.limited = replyOf(format, Cause.Limited, status, text);
    this.storeUnavailable = replyOf(format, Cause.Store, 503, STORE_TEXT);
    this.bodyTooLarge = replyOf(format, Cause.BodySize, 413, SIZE_TEXT);
    this.modelUnclear = replyOf(format, Cause.Model, 400, MODEL_TEXT);
    this.bodyUnread = replyOf(format, Cause.Body, 400, BODY_TEXT);
  }
}

/** Any number is accepted, as by the peer; one that is no status of a response becomes 429. */
function readStatus(config: ConfigReader): i32 {
  const status = config.integer("rejected_code", DEFAULT_STATUS);
  return <i32>(status < 200 || status > 599 ? DEFAULT_STATUS : status);
}

function replyOf(format: RefusalFormat, cause: Cause, status: i32, text: Slice): Reply {
  const code = CODES[cause];
  const details = bytes("ai-token-ratelimit." + (cause == Cause.Limited ? "rejected" : code));
  const reply = new Reply(status, details, text);
  return reply.as(format, OPENAI_TYPES[cause], ANTHROPIC_TYPES[cause], code);
}
