/** A store that admits, then a body that is changed or a response that is told the balance. */
export const RARE = [
  "proxy_set_buffer_bytes",
  "proxy_replace_header_map_value",
  "proxy_set_property",
];

/** Configurations that switch on as much of a plugin as possible, and values that reach its depths. */
export interface Target {
  configurations: string[];
  /** Further ones that only the Higress build takes. */
  higress?: string[];
  /** Host functions that only a row of lucky answers leads to; the goldens lead there. */
  rare?: string[];
  sensible: Record<string, string[]>;
}

/** Both parts of `native`, whose filter state is made up here, and the other strategies. */
export const MODEL_FALLBACK: Target = {
  configurations: [
    { role: "listener" },
    { role: "upstream" },
    { strategy: "replay" },
    { strategy: "redirect" },
  ].map((kind) =>
    JSON.stringify({
      ...kind,
      targets: [
        {
          name: "a",
          cluster: "a",
          modelMapping: { "~^r": "x", "*": "" },
          auth: { type: "query", query: "key", apiTokens: ["k", "l"] },
          basePath: "/api",
          body: { cap: { max_tokens: 1 }, remove: ["messages.#.x"], setDefault: { "a.b": 1 } },
          when: { vision: false },
        },
        {
          name: "b",
          cluster: "b",
          model: "m",
          host: "b",
          protocol: "azure",
          auth: { apiTokens: ["k"] },
          headers: { set: { "x-a": "1" }, remove: ["x-b"] },
        },
      ],
      chains: [{ name: "c", targets: ["a", "b"], cluster: "x", breakerClusters: ["", "y"] }],
      clusterHeader: "x-cluster",
      breaker: { failures: 1, openSeconds: 1, failureRatio: 0.1 },
      errors: { onBody: [{ status: "4xx", path: "error.code", in: ["x"] }] },
      allFailed: { includeDetails: true },
    }),
  ),
  // The pepper's, and what only some row of answers leads to; the goldens lead there.
  rare: [
    "proxy_close_stream",
    ...RARE,
    "proxy_send_local_response",
    "random_get",
    "proxy_record_metric",
    "proxy_call_foreign_function",
    // Of `replay`: its own tests lead there, in any order of events.
    "proxy_http_call",
    "proxy_continue_stream",
  ],
  sensible: {
    ":path": ["/v1/chat/completions", "/v1/chat/completions?key=1"],
    ":status": ["200", "503", "429", "400"],
    "content-type": ["application/json", "text/event-stream"],
    "content-length": ["12", "99999999999"],
    "retry-after": ["1", "x"],
    "x-model-fallback": ["off"],
    "*": [
      "a",
      "b",
      "via_upstream",
      "no_healthy_upstream",
      '{"model":"r1","stream":true,"max_tokens":5,"messages":[{"content":[{"type":"image_url"}]}]}',
      '{"c":"c","m":"r1","s":true,"t":["a","b"],"p":["a"]}',
      '[{"t":"a","r":"status_503","ms":1}]',
      'data: {"choices":[]}\n\n',
      'data: {"error":{}}\n\n',
    ],
  },
};

export const TRAFFIC_TAG: Target = {
  configurations: [
    JSON.stringify({
      conditionGroups: [
        {
          headerName: "x-tag",
          headerValue: "t",
          logic: "and",
          conditions: [
            { conditionType: "header", key: "x-a", operator: "regex", value: "a+" },
            { conditionType: "cookie", key: "c", operator: "percentage", value: 50 },
            { conditionType: "parameter", key: "k", operator: "not_in", value: ["z"] },
          ],
        },
      ],
      weightGroups: [{ headerName: "x-tag", headerValue: "w", weight: 50 }],
    }),
    JSON.stringify({ defaultTagKey: "x-tag", defaultTagVal: "d", overwrite: true }),
  ],
  rare: ["random_get"],
  sensible: {
    ":path": ["/a?k=aa"],
    cookie: ["c=1; d=2"],
    "x-a": ["aaa"],
    "x-request-id": ["r-1"],
    "*": ["a"],
  },
};

/** Local rules on everything, then a configuration of each of two services. */
export const CONTENT_SECURITY: Target = {
  configurations: [
    {
      requestScope: "all",
      denyMessage: "no",
      rules: [
        { name: "w", words: ["weapon"], action: "block" },
        { name: "p", builtin: "phone_cn", action: "mask", restore: true },
        { name: "l", words: ["leak"], action: "log", phase: "response" },
      ],
    },
    {
      serviceName: "green.dns",
      servicePort: 443,
      serviceHost: "green.example.com",
      accessKey: "ak",
      secretKey: "sk",
      checkRequest: true,
      checkResponse: true,
      action: "MultiModalGuard",
      contentModerationLevelBar: "high",
      sensitiveDataAction: "mask",
      sensitiveDataLevelBar: "S3",
      openAIDenyResponseFormat: "structured",
      bufferLimit: 2,
      consumerRiskLevel: [{ name: "a", matchType: "prefix", contentModerationLevelBar: "low" }],
    },
    {
      backends: [
        { type: "chat-guard", cluster: "guard" },
        { type: "openai-moderation", cluster: "openai", apiKey: "k" },
      ],
      failMode: "closed",
      flushIntervalMs: 100,
      body_phase: "hold_headers",
      bufferLimit: 1,
    },
  ].map((configuration) => JSON.stringify(configuration)),
  // A judge's answer that comes while something is held, and trailers then.
  rare: [...RARE, "proxy_close_stream", "proxy_continue_stream"],
  sensible: {
    ":method": ["POST"],
    ":path": ["/v1/chat/completions"],
    ":status": ["200"],
    "content-type": ["application/json", "text/event-stream"],
    "content-length": ["12"],
    "x-mse-consumer": ["abc"],
    "*": [
      '{"stream":true,"messages":[{"role":"user","content":"13812345678"}]}',
      '{"messages":[{"role":"user","content":"weapon"}]}',
      '{"choices":[{"message":{"content":"[[PHONE_CN_1]]"}}]}',
      'data: {"choices":[{"delta":{"content":"[[PHONE_CN_1]] x"}}]}\n\n',
      'data: {"choices":[{"index":1,"delta":{"content":"weapon"}}]}\n\n',
      "data: [DONE]\n\n",
      '{"Code":200,"RequestId":"R","Data":{"RiskLevel":"none","Detail":[]}}',
      '{"Code":200,"Data":{"Detail":[{"Type":"contentModeration","Level":"high"}]}}',
      '{"Code":200,"Data":{"Detail":[{"Type":"sensitiveData","Level":"S3","Suggestion":"mask","Result":[{"Ext":{"Desensitization":"*"}}]}]}}',
      '{"id":"G","choices":[{"message":{"content":"Safety: Unsafe\\nCategories: Violent"}}]}',
      '{"id":"G","choices":[{"message":{"content":"Safety: Safe"}}]}',
      '{"id":"M","results":[{"flagged":false,"categories":{},"category_scores":{}}]}',
    ],
  },
};
