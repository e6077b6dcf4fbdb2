import type { Target } from "./targets.js";

/** A table with all options, then Redis over HTTP with neighbours; Higress's own Redis. */
export const AI_CACHE: Target = {
  configurations: [
    {
      cache: { type: "memory", memory: { maxEntries: 8, ways: 2 } },
      cacheKeyPartition: [
        "route",
        "consumer",
        "system",
        "history",
        "params",
        "tools",
        "header:x-a",
      ],
      cacheKeyFrom: 'messages.#(role=="user")#.content|@reverse|0',
      cacheToolCallsFrom: "choices.#.delta.tool_calls",
      singleFlight: { maxWaitMs: 100 },
      requestCacheControl: true,
      bypassOn: [{ header: "x-b", equals: "1" }],
      cacheHeaders: true,
      replay: "structured",
      streamReplay: "chunks",
      cachedUsage: "original",
    },
    {
      cache: { type: "redis-http", cluster: "rest", l1: { maxEntries: 8 } },
      embedding: { type: "ollama", cluster: "ollama" },
      vector: {
        type: "qdrant",
        cluster: "qdrant",
        collectionID: "c",
        threshold: 0.5,
        thresholdRelation: "gt",
      },
      enableSemanticCache: true,
      cacheKeyStrategy: "allQuestions",
      lookupDeadlineMs: 1,
      maxValueBytes: 100,
    },
  ].map((configuration) => JSON.stringify(configuration)),
  higress: [
    JSON.stringify({
      redis: { serviceName: "redis.dns" },
      cacheValueFrom: { responseBody: "choices.0.message.content" },
    }),
  ],
  // A hit, and what waits for one; the tests of single flight and of neighbours lead there.
  rare: [
    "proxy_send_local_response",
    "proxy_continue_stream",
    "proxy_redis_call",
    // The status of an answer to a call, all other headers come at once.
    "proxy_get_header_map_value",
  ],
  sensible: {
    ":method": ["POST"],
    ":path": ["/v1/chat/completions"],
    ":status": ["200"],
    "content-type": ["application/json", "text/event-stream"],
    "accept-encoding": ["gzip"],
    "content-length": ["12"],
    "cache-control": ["no-cache", "max-age=5, no-store"],
    "x-mse-consumer": ["abc"],
    "*": [
      '{"stream":true,"messages":[{"role":"user","content":"a"}]}',
      '{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":[1]}',
      '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{}}',
      'data: {"id":"1","choices":[{"delta":{"content":"x","annotations":[1]}}]}\n\n',
      'data: {"choices":[{"index":1,"delta":{"tool_calls":[{}]}}]}\n\n',
      "data: [DONE]\n\n",
      '{"result":"x"}',
      '{"result":"\\u0001AIC1{\\"t\\":1,\\"message\\":{\\"content\\":\\"x\\"}}"}',
      '{"embeddings":[[1,2]]}',
      '{"result":[{"score":0.9,"payload":{"question":"q","answer":"a"}}]}',
      "AIC1",
    ],
  },
};
