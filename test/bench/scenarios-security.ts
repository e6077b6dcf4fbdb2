import type { Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import type { Limit } from "./report.js";
import { plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// content-security with local rules, before an upstream: words that refuse, kinds of data that are
// masked and put back, in every message and in the whole answer.

const KEYS = ["consumer-0"];
/** No request may say it. */
export const FORBIDDEN = "weapon of mass destruction";
const WORDS = Array.from({ length: 200 }, (_, i) => `forbidden subject ${i}`);

export const RULES = {
  requestScope: "all",
  rules: [
    { name: "forbidden", words: [FORBIDDEN, "制造炸弹", ...WORDS] },
    { name: "phones", builtin: "phone_cn", action: "mask", restore: true },
    { name: "mails", builtin: "email", action: "mask", restore: true },
    { name: "keys", builtin: "api_key", action: "mask", restore: true },
    { name: "injection", regex: "(?i)ignore (?:all )?previous instructions" },
  ],
};

function row(kind: string, traffic: Traffic, limit: Limit): Scenario {
  return {
    name: `content-security, ${kind}`,
    base: `no filter, ${kind}`,
    limit,
    traffic,
    module: plugin("content-security"),
    filters: (module) => [wasmFilter(module, JSON.stringify(RULES))],
    keys: KEYS,
    prove: (envoy) => proveRefused(envoy, traffic),
  };
}

export const SECURITY_SCENARIOS: Scenario[] = [
  row("JSON", JSON_ANSWER, { addedMicroseconds: 40 }),
  row("stream", STREAM_ANSWER, { timesNone: 1.25 }),
];

/** A forbidden prompt never reaches the upstream, whose answers Envoy says the time of. */
async function proveRefused(envoy: Envoy, traffic: Traffic): Promise<void> {
  const body = traffic.body?.replace("word word", FORBIDDEN);
  const { headers } = await envoy.request(traffic.path, {}, body);
  if ("x-envoy-upstream-service-time" in headers) {
    throw new Error("a forbidden prompt was not refused");
  }
}
