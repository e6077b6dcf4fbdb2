import type { Target } from "./targets.js";

/** All attributes, then what needs no body, then the dialogue log. */
export const AI_STATISTICS: Target = {
  configurations: [
    {
      use_default_attributes: true,
      enable_path_suffixes: ["*"],
      value_length_limit: 7,
      ai_log_extra: true,
      log_raw_key: "raw",
      include_usage: "inject",
      span_extra: true,
      metrics: {
        groups: ["compat", "requests", "tokens", "latency"],
        max_series: 3,
        max_series_of: "process",
        price: [{ model: "*", input: 1, output: 2.5 }],
      },
    },
    {
      labels_at: "end",
      flush_last_event: true,
      max_request_body_bytes: 5,
      max_response_body_bytes: 5,
      metrics: { count_incomplete: true, trust_request_model: false },
      attributes: [
        { key: "f", value_source: "fixed_value", value: "v", apply_to_log: true },
        { key: "h", value_source: "request_header", value: "x-a", apply_to_span: true },
        { key: "r", value_source: "response_header", value: "x-a", apply_to_log: true },
        { key: "a", apply_to_log: true, as_separate_log_field: true },
        ...["first", "replace", "append"].map((rule) => ({
          key: rule,
          value_source: "response_streaming_body",
          value: "choices.@reverse.0.delta",
          rule,
          apply_to_log: true,
          as_separate_log_field: true,
        })),
      ],
    },
    {
      dialog_log: { enabled: true, sample: 0.5, include_reasoning: true, on: ["complete"] },
      use_default_response_attributes: true,
      enable_path_suffixes: ["*"],
    },
  ].map((configuration) => JSON.stringify(configuration)),
  rare: ["proxy_record_metric", "proxy_remove_header_map_value", "proxy_set_buffer_bytes"],
  sensible: {
    ":path": ["/v1/chat/completions", "/v1/models/gemini:generateContent?x=1"],
    ":status": ["200", "500"],
    "content-type": ["application/json", "text/event-stream"],
    "x-mse-consumer": ["a", "b.metric.c", "c"],
    "x-agent-session": ["s"],
    "*": [
      '{"model":"m","messages":[{"role":"user","content":[{"text":"a@b.c"}]}],"contents":[1]}',
      '{"model":"m","stream":true,"stream_options":null}',
      '{"model":"m","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}',
      '{"choices":[{"message":{"content":"x","tool_calls":[{}]}}],"error":{}}',
      '{"content":[{"type":"tool_use","input":{"a":[1]}},{"text":"x"}]}',
      'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
      'data: {"choices":[{"delta":{"content":"y"}}]}\n\ndata: {"choices":[{"delta":{"content":"z',
      '\\n"}}]}\n\n',
      'data: {"choices":[{"delta":{"tool_calls":[{"index":3,"function":{"arguments":"{"}}]}}]}\n\n',
      'data: {"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n',
      '{\\"a\\":1}',
    ],
  },
};
