import { AI_CACHE } from "./cache-target.js";
import { MODEL_TARGETS } from "./model-targets.js";
import { AI_STATISTICS } from "./statistics-target.js";
import { CONTENT_SECURITY, MODEL_FALLBACK, RARE, TRAFFIC_TAG, type Target } from "./targets.js";

/** What the plugins that count tokens look at. */
const TOKEN_VALUES: Record<string, string[]> = {
  "x-api-key": ["k1", "k2"],
  "x-mse-consumer": ["team-a", "admin"],
  "x-mse-consumer-group": ["g"],
  "x-higress-llm-model": ["gpt-4o"],
  "x-forwarded-for": ["1.2.3.4", "1.2.3.4, ::1", "[::1]:80"],
  cookie: ["c=1; d=2"],
  ":path": ["/v1/chat/completions?k=aa", "/v1/chat/completions/quota?consumer=team-a"],
  ":method": ["POST", "GET"],
  ":status": ["200", "500"],
  "accept-encoding": ["gzip"],
  "content-type": ["application/json", "text/event-stream"],
  "content-length": ["12"],
  "*": [
    '{"model":"gpt-4o","stream":true,"max_tokens":5}',
    '{"model":"m","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}',
    'data: {"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n',
    '{"result":[[20,0,60]]}',
    '{"EVAL":[[20,0,60],[20,0,60]]}',
    '{"EVAL":[[20,30,60]]}',
    "consumer=team-a&quota=5",
  ],
};

/** Every plugin of the set. */
export const PLUGINS: Record<string, Target> = {
  ...MODEL_TARGETS,
  "key-auth": {
    configurations: [
      JSON.stringify({
        global_auth: true,
        keys: ["authorization", "x-api-key", "apikey"],
        in_header: true,
        in_query: true,
        query_fallback: true,
        trust_original_auth: true,
        forward_credential: false,
        provider: "openai",
        provider_keys: [
          { provider: "openai", value: "sk-provider", weight: 3 },
          { provider: "openai", value: "sk-provider-2" },
        ],
        error_format: "openai",
        consumers: [
          {
            name: "team-a",
            credential: "key-of-team-a-0001",
            allow_models: ["gpt-*", "*-mini"],
            expires_at: "2999-01-01T00:00:00Z",
            group: "g",
          },
          { name: "team-b", credentials: ["key-of-team-b-0002", "Bearer key-of-team-b-0003"] },
        ],
        _rules_: [
          { _match_domain_: ["*.example.com"], allow: ["team-a"] },
          { _match_route_: ["r"], _match_service_: ["s.dns:80"], allow: ["team-b"] },
        ],
      }),
      JSON.stringify({
        global_auth: true,
        keys: ["x-higress-dummy-key"],
        consumers: [
          {
            name: "team-a",
            keys: ["Authorization"],
            credentials: ["Bearer key-of-team-a-0001"],
            in_header: true,
            in_query: true,
            deny_models: ["gpt-4o"],
          },
          { name: "team-b", credential: "key-of-team-b-0002" },
        ],
        _rules_: [{ _match_route_prefix_: ["r"], allow: ["team-a"] }],
      }),
    ],
    sensible: {
      authorization: ["Bearer key-of-team-a-0001", "bearer  key-of-team-b-0003"],
      "x-api-key": ["key-of-team-a-0001", "key-of-team-b-0002"],
      "x-hi-original-auth": ["Bearer key-of-team-a-0001", "Bearer sk-other"],
      ":path": [
        "/v1/chat/completions",
        "/v1/chat/completions?apikey=key-of-team-a-0001&x=1",
        "/v1/models/gpt-4o:generateContent",
        "/openai/deployments/gpt-4o/chat/completions",
      ],
      ":method": ["POST", "GET"],
      ":authority": ["a.example.com:8080", "[::1]:80"],
      "content-type": ["application/json", "multipart/form-data; boundary=x"],
      "*": [
        '{"model":"gpt-4o-mini","messages":[]}',
        '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o\r\n--x--',
        "outbound|80||s.dns",
        "r",
      ],
    },
  },
  "token-rate-limit": {
    configurations: [
      JSON.stringify({
        rule_name: "r",
        store: { type: "shared", slots: 2 },
        global_threshold: { token_per_minute: 1000 },
        rule_items: [
          { limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", token_per_day: 50 }] },
          { limit_by_per_param: "k", limit_keys: [{ key: "regexp:^a+", token_per_week: 50 }] },
          { limit_by_per_cookie: "c", limit_keys: [{ key: "*", token_per_month: 50 }] },
          {
            limit_by_per_ip: "from-header-x-forwarded-for",
            limit_keys: [{ key: "0.0.0.0/0", token_per_hour: 50 }],
          },
        ],
        algorithm: "sliding",
        counting: "billed",
        reservation: { enabled: true, read_body: true },
        estimate_missing_usage: true,
        inject_include_usage: true,
        response_headers: "draft",
        rejected_format: "openai",
      }),
      JSON.stringify({
        rule_name: "r",
        store: { type: "redis-http", cluster_name: "rest", dialect: "webdis" },
        fail_mode: "local",
        breaker: { failures: 1, open_ms: 1 },
        rule_items: [
          { limit_by_consumer: "", limit_keys: [{ key: "team-a", token_per_minute: 50 }] },
          { limit_by_per_model: "", limit_keys: [{ key: "*", token_per_minute: 50 }] },
        ],
        response_headers: "openai",
      }),
    ],
    higress: [
      JSON.stringify({
        rule_name: "r",
        redis: { service_name: "r.dns" },
        global_threshold: { token_per_minute: 1000 },
        rule_items: [
          { limit_by_header: "x-api-key", limit_keys: [{ key: "k1", token_per_minute: 5 }] },
        ],
      }),
      JSON.stringify({
        rule_name: "r",
        redis: { service_name: "r.dns" },
        global_threshold: { token_per_minute: 1000 },
        algorithm: "sliding",
        reservation: { enabled: true },
      }),
    ],
    // Only once every call of a root that is to go was answered.
    rare: [...RARE, "proxy_done"],
    sensible: TOKEN_VALUES,
  },
  "token-quota": {
    configurations: [
      JSON.stringify({
        admin_consumer: "admin",
        store: { type: "shared" },
        default_quota: 1000,
        period: "month",
        groups: true,
        by_model: true,
        usage_report: true,
        reservation: { enabled: true },
        estimate_missing_usage: true,
        admin_extensions: true,
        response_headers: "quota",
        log_remaining: true,
      }),
      JSON.stringify({
        admin_consumer: "admin",
        store: { type: "redis-http", cluster_name: "rest" },
        fail_mode: "local",
        breaker: { failures: 1, open_ms: 1 },
        default_quota: 1000,
        usage_report: true,
      }),
    ],
    higress: [
      JSON.stringify({ admin_consumer: "admin", redis: { service_name: "r.dns" } }),
      JSON.stringify({
        admin_consumer: "admin",
        redis: { service_name: "r.dns" },
        default_quota: 1000,
        reservation: { enabled: true },
        usage_report: true,
      }),
    ],
    rare: RARE,
    sensible: TOKEN_VALUES,
  },
  "model-fallback": MODEL_FALLBACK,
  "traffic-tag": TRAFFIC_TAG,
  "content-security": CONTENT_SECURITY,
  "ai-cache": AI_CACHE,
  "ai-statistics": AI_STATISTICS,
};
