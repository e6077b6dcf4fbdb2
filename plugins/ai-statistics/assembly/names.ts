import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "ai-statistics";

// Headers.
export const PATH: Slice = bytes(":path");
export const STATUS: Slice = bytes(":status");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
export const REQUEST_ID_HEADER: Slice = bytes("x-request-id");
export const TRACE_HEADER: Slice = bytes("traceparent");

// Keys of `ai_log`, which are those of the peer.
export const API: Slice = bytes("api");
export const SESSION_ID: Slice = bytes("session_id");
export const CHAT_ROUND: Slice = bytes("chat_round");
export const CHAT_ID: Slice = bytes("chat_id");
export const RESPONSE_TYPE: Slice = bytes("response_type");
export const MODEL: Slice = bytes("model");
export const INPUT_TOKEN: Slice = bytes("input_token");
export const OUTPUT_TOKEN: Slice = bytes("output_token");
export const TOTAL_TOKEN: Slice = bytes("total_token");
export const INPUT_DETAILS: Slice = bytes("input_token_details");
export const OUTPUT_DETAILS: Slice = bytes("output_token_details");
export const FIRST_TOKEN_DURATION: Slice = bytes("llm_first_token_duration");
export const SERVICE_DURATION: Slice = bytes("llm_service_duration");
// Keys that the peer has not.
export const BODY_TRUNCATED: Slice = bytes("body_truncated");
export const FINISH: Slice = bytes("finish");
export const REQUEST_MODEL: Slice = bytes("request_model");

// Values of those keys.
export const STREAM: Slice = bytes("stream");
export const NORMAL: Slice = bytes("normal");

// Labels.
export const OTHER: Slice = bytes("other");
/** Model of a request whose body names none. */
export const UNKNOWN_REQUEST: Slice = bytes("UNKNOWN");
/** Model of a response when neither it nor the request names one. */
export const UNKNOWN: Slice = bytes("unknown");

// Properties that Higress makes span tags of (host.md 5.1).
export const SPAN_TAG: Slice = bytes("trace_span_tag.");
export const SPAN_KIND: Slice = bytes("trace_span_tag.gen_ai.span.kind");
export const LLM: Slice = bytes("LLM");
export const SPAN_REQUEST_MODEL: Slice = bytes("trace_span_tag.gen_ai.request.model");
export const SPAN_MODEL: Slice = bytes("trace_span_tag.gen_ai.model_name");
export const SPAN_INPUT: Slice = bytes("trace_span_tag.gen_ai.usage.input_tokens");
export const SPAN_OUTPUT: Slice = bytes("trace_span_tag.gen_ai.usage.output_tokens");
export const SPAN_TOTAL: Slice = bytes("trace_span_tag.gen_ai.usage.total_tokens");
// Those that the peer does not set.
export const SPAN_OPERATION: Slice = bytes("trace_span_tag.gen_ai.operation.name");
export const SPAN_RESPONSE_MODEL: Slice = bytes("trace_span_tag.gen_ai.response.model");
export const SPAN_RESPONSE_ID: Slice = bytes("trace_span_tag.gen_ai.response.id");
export const SPAN_FINISH_REASONS: Slice = bytes("trace_span_tag.gen_ai.response.finish_reasons");
export const SPAN_CONVERSATION: Slice = bytes("trace_span_tag.gen_ai.conversation.id");
export const SPAN_CACHED_INPUT: Slice = bytes(
  "trace_span_tag.gen_ai.usage.cache_read.input_tokens",
);
export const SPAN_REASONING: Slice = bytes("trace_span_tag.gen_ai.usage.reasoning.output_tokens");
export const SPAN_ERROR: Slice = bytes("trace_span_tag.error.type");
