/** What the plugins that read and write models look at. */
const MODEL_VALUES: Record<string, string[]> = {
  ":path": ["/v1/chat/completions", "/v1/chat/completions?k=aa"],
  ":method": ["POST"],
  "content-type": ["application/json", "multipart/form-data; boundary=x"],
  "content-length": ["12"],
  cookie: ["c=1; d=2"],
  "x-want": ["a", "b"],
  "x-api-key": ["k1"],
  "x-mse-consumer": ["team-a"],
  "*": [
    '{"model":"gpt-4o","user":"u","stream":true}',
    '{"model":"higress/auto","messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}',
    '{"input":{"models":["a"]},"model":"a","model":"b"}',
    '{"model":"a\\u0001"}',
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o\r\n--x--',
  ],
};

/** The plugins that read and write models. */
export const MODEL_TARGETS = {
  "model-mapper": {
    configurations: [
      JSON.stringify({
        modelMapping: { "gpt-4o": "a", "gpt-*": "b-*", "*": "c" },
        enableOnPathSuffix: ["/completions"],
        _rules_: [{ _match_route_: ["r"], modelKey: "input.models.0", modelMapping: { "*": "d" } }],
      }),
    ],
    // A body that names its model thousands of times is refused.
    rare: ["proxy_remove_header_map_value", "proxy_send_local_response"],
    sensible: MODEL_VALUES,
  },
  "model-router": {
    configurations: [
      JSON.stringify({
        modelToHeader: "x-model",
        addProviderHeader: "x-provider",
        modelMapping: { "gpt-*": "b-*" },
        onAmbiguousModel: "reject",
        autoRouting: { enable: true, defaultModel: "d", rules: [{ pattern: "h.*o", model: "e" }] },
        split: {
          responseHeader: "x-variant",
          override: { header: "x-want" },
          rules: [
            {
              name: "r",
              match: {
                conditions: [
                  { conditionType: "body", key: "stream", operator: "not_equal", value: "x" },
                ],
              },
              sticky: { by: ["body:user", "cookie:c", "query:k", "credential", "ip", "consumer"] },
              variants: [
                { name: "a", weight: 50, model: "p/m", headers: { "x-h": "1" } },
                { name: "b", weight: 50, modelMapping: { "*": "n" } },
              ],
            },
          ],
        },
      }),
      JSON.stringify({
        scan: "early",
        modelToHeader: "x-model",
        addProviderHeader: "x-provider",
        modelKey: "input.models.0",
        modelMapping: { a: "p/b" },
        autoRouting: { enable: true, caseInsensitive: true, defaultModel: "d" },
      }),
    ],
    rare: ["proxy_send_local_response", "random_get"],
    sensible: MODEL_VALUES,
  },
};
