import type { AuditLine } from "../audit-log.js";

/**
 * What a plugin did with a request: let it pass, changed it or its answer, answered in place of the
 * model, refused it or its answer, or never saw it.
 */
export type State = "passed" | "changed" | "answered" | "refused" | "unseen";

/** One plugin's part in a request. */
export interface Step {
  plugin: string;
  state: State;
  /** In a few words, for people. */
  note: string;
  /** Microseconds from the plugin to the next one, on the way to the model; null: it ended here. */
  us: number | null;
}

/** What is known of a request at one plugin. */
interface Sighting {
  plugin: string;
  us: number | null;
  /** Whether the request came to it, and to the one behind it. */
  isReached: boolean;
  isPassed: boolean;
  line: AuditLine;
  /** The attributes that plugins wrote. */
  log: Record<string, unknown>;
}

/** State and words; null: only that it passed. */
type Verdict = [state: State, note: string] | null;

/** What a plugin that lets a request pass says of it, from the attributes it writes. */
const SAYS: Record<string, (sighting: Sighting) => Verdict> = {
  "key-auth": ({ line }) => ["passed", line.consumer ?? "nobody"],
  "model-router": ({ line }) => {
    const { variant } = line;
    return variant === null ? null : ["changed", `split: ${variant}`];
  },
  "ai-statistics": () => ["passed", "counted"],
  "ai-cache": ({ log }) => {
    const status = log["cache_status"];
    return status === undefined ? ["passed", "not for this host"] : ["passed", String(status)];
  },
  "token-quota": ({ log }) => {
    const left = log["quota_remaining"];
    return left === undefined ? null : ["passed", `${left} left`];
  },
  "token-rate-limit": () => ["passed", "within limits"],
  "content-security": ({ log }) =>
    securityVerdict(String(log["safecheck_status"] ?? ""), log["safecheck_rules"]),
  "model-fallback": ({ line }) => {
    const { target } = line;
    return target === null ? ["passed", "no chain"] : ["passed", `${target} answered`];
  },
};

/** Plugins that answer themselves, by the beginning of the details that Envoy logs then. */
const OWNERS: Record<string, string> = {
  "key-auth": "key-auth",
  model_router: "model-router",
  "ai-cache": "ai-cache",
  "ai-quota": "token-quota",
  "ai-token-ratelimit": "token-rate-limit",
  content_security: "content-security",
  model_fallback: "model-fallback",
};

/** Answers that refuse nothing, in words. */
const ANSWERS: Record<string, string> = {
  "ai-cache.hit": "hit",
  "ai-quota.reportquota": "report",
  "ai-quota.queryquota": "balance",
};

/** The plugin that answered in place of the model; null: none did. */
export function endingPlugin(details: string | null): string | null {
  return OWNERS[details?.split(".", 1)[0] ?? ""] ?? null;
}

export function verdictOf(sighting: Sighting): Step {
  const { plugin, us, isReached, isPassed } = sighting;
  if (!isReached) return { plugin, state: "unseen", note: "not reached", us };
  const [state, note] = isPassed ? (SAYS[plugin]?.(sighting) ?? PASSED) : ending(sighting);
  return { plugin, state, note, us };
}

const PASSED: [State, string] = ["passed", "passed"];

/** The request went no further. */
function ending({ line }: Sighting): [State, string] {
  const details = line.details ?? "";
  if (line.status === 0) return ["passed", "client left"];
  const answer = ANSWERS[details];
  if (answer !== undefined) return ["answered", answer];
  return ["refused", details.slice(details.indexOf(".") + 1).replaceAll("_", " ")];
}

/** `response deny` ends an answer that has begun; `reqeust` is how Higress spells it. */
/** The last verdict, of the answer, hides that of the request: a rule that matched and refused nothing masked. */
function securityVerdict(status: string, rules: unknown): Verdict {
  if (status === "") return null;
  if (status.includes("deny")) return ["refused", status.replace("reqeust", "request")];
  if (Array.isArray(rules) && rules.length > 0) return ["changed", `masked: ${rules.join(", ")}`];
  return [status.includes("mask") ? "changed" : "passed", status];
}
