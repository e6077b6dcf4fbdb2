import { ConfigReader } from "@ai-gateway-wasm/kit";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { BodyRule, readBodyRules } from "./body-rule";
import { CONNECT, NO_HOST, RESET, TIMEOUT } from "./reason";
import { StatusSet } from "./status-set";

/** Which answers of the gateway itself count as failures; the order of `LOCAL_REPLIES`. */
export const enum LocalReplies {
  /** Those of the router about its upstream. */
  Router,
  None,
  /** Those of other plugins, too. */
  All,
}

const NO_RULE: BodyRule | null = null;
const LOCAL_REPLIES: string[] = ["router", "none", "all"];
const DEFAULT_STATUSES: Slice[] = [bytes("408"), bytes("429"), bytes("5xx")];
const DEFAULT_EXCEPTIONS: Slice[] = [bytes("501"), bytes("505")];
/** What `neverOnBody` holds when nobody says: refusals for safety are final. */
const REFUSALS: string[] = ["content_filter", "content_policy_violation", "data_inspection_failed"];

/** `errors`: which answers and events are failures that the next target may mend. */
@final
export class Errors {
  /** Statuses that are failures. */
  readonly statuses: StatusSet;
  readonly onConnectFailure: bool;
  readonly onReset: bool;
  readonly onTimeout: bool;
  readonly onBadStart: bool;
  /** Bodies that make a status a failure that otherwise is none. */
  readonly onBody: BodyRule[];
  /** Bodies that are final whatever their status; `native` cannot stop the router for a listed one. */
  readonly neverOnBody: BodyRule[];
  readonly localReplies: LocalReplies;
  /** Failures later than this are final, 0: none is. `replay` only. */
  readonly withinMs: i64;

  constructor(errors: ConfigReader) {
    this.statuses = readStatuses(errors);
    this.onConnectFailure = errors.flag("onConnectFailure", true);
    this.onReset = errors.flag("onReset", true);
    this.onTimeout = errors.flag("onTimeout", true);
    this.onBadStart = errors.flag("onBadStart", true);
    this.onBody = readBodyRules(errors, "onBody", true);
    this.neverOnBody = errors.has("neverOnBody")
      ? readBodyRules(errors, "neverOnBody", false)
      : [BodyRule.of("error.code", REFUSALS)];
    this.localReplies = <LocalReplies>errors.choice("localReplies", LOCAL_REPLIES, 0);
    this.withinMs = errors.integer("withinMs", 0, 0);
  }

  isFailure(status: i32): bool {
    return this.statuses.has(status);
  }

  /** Whether an attempt without an answer is a failure, for this reason. */
  countsReason(reason: Slice): bool {
    if (reason.equals(TIMEOUT)) return this.onTimeout;
    if (reason.equals(CONNECT) || reason.equals(NO_HOST)) return this.onConnectFailure;
    return !reason.equals(RESET) || this.onReset;
  }

  /** Whether the gateway's own answer in a target's place is a failure, for this reason. */
  countsReplyOf(reason: Slice): bool {
    return this.localReplies != LocalReplies.None && this.countsReason(reason);
  }

  /** A rule of `onBody` may make this status a failure. */
  mayFailByBody(status: i32): bool {
    for (let i = 0; i < this.onBody.length; i++) {
      if (this.onBody[i].watches(status)) return true;
    }
    return false;
  }

  /** The rule of `onBody` that calls this answer a failure, or null: none does, or it is final. */
  findBodyFailure(status: i32, body: Slice): BodyRule | null {
    for (let i = 0; i < this.onBody.length; i++) {
      const rule = this.onBody[i];
      if (rule.watches(status) && rule.matches(body)) {
        return this.isRefusal(status, body) ? NO_RULE : rule;
      }
    }
    return null;
  }

  /** The answer is final whatever its status. */
  isRefusal(status: i32, body: Slice): bool {
    for (let i = 0; i < this.neverOnBody.length; i++) {
      const rule = this.neverOnBody[i];
      if (rule.watches(status) && rule.matches(body)) return true;
    }
    return false;
  }
}

function readStatuses(errors: ConfigReader): StatusSet {
  const set = new StatusSet();
  let field = "onStatus";
  if (!errors.has(field) && errors.has("failoverOnStatus")) field = "failoverOnStatus";
  else if (!errors.has(field) && errors.has("retryOnStatus")) field = "retryOnStatus";
  mark(errors, field, DEFAULT_STATUSES, set, true);
  mark(errors, "exceptStatus", DEFAULT_EXCEPTIONS, set, false);
  return set;
}

/** Puts the statuses of a list into the set, or takes them out. */
function mark(
  reader: ConfigReader,
  field: string,
  fallback: Slice[],
  set: StatusSet,
  isIn: bool,
): void {
  const texts = reader.has(field) ? reader.texts(field) : fallback;
  for (let i = 0; i < texts.length; i++) {
    if (!set.mark(texts[i], isIn)) {
      reader.refuse(field, "is no status, class or range: " + texts[i].toString());
    }
  }
}

/** Reads a list of statuses, such as `breaker.countStatus`; null when the field is missing. */
export function readStatusSet(reader: ConfigReader, field: string): StatusSet | null {
  if (!reader.has(field)) return null;
  const set = new StatusSet();
  mark(reader, field, [], set, true);
  return set;
}
