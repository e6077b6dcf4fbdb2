import { bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { HttpCallResponse } from "proxy-wasm-as";
import { FallbackConfig } from "./config";
import { Errors } from "./errors";
import { StartJudge, Verdict } from "./judge";
import { CONTENT_TYPE, EVENT_STREAM_TYPE, JSON_TYPE } from "./names";
import { BAD_START, CONNECT, RESET, statusReason, TIMEOUT } from "./reason";

/** How Envoy's own answer to a call begins that reached nobody. */
const CONNECT_ERROR: Slice = bytes("upstream connect error");
const RESET_REASON: Slice = bytes("reset reason: connection failure");
/** Envoy's timer is not ours: an answer of 504 so early was Envoy's all the same. */
const SLACK_MS: i64 = 50;

/** What a client gets that another target, or nobody, answered: in one piece. */
@final
export class ReplayAnswer {
  constructor(
    readonly status: i32,
    readonly type: Slice,
    readonly body: Slice,
  ) {}

  /** The answer to a call, valid until its callback returns. */
  static of(response: HttpCallResponse): ReplayAnswer {
    const type = response.header(CONTENT_TYPE);
    return new ReplayAnswer(response.status, type === null ? NO_BYTES : type, response.body());
  }

  static ofError(status: i32, body: Slice): ReplayAnswer {
    return new ReplayAnswer(status, JSON_TYPE, body);
  }

  /** The same in memory of its own: safe to keep after the callback. */
  copy(): ReplayAnswer {
    return new ReplayAnswer(this.status, this.type.copy(), this.body.copy());
  }

  /**
   * Why it is a failure that the next target may mend, or null: it goes to the client. Sets
   * `allowed` of a rule that says where such a request may go.
   *
   * @param ms since the call
   * @param timeoutMs of the call
   */
  findFailure(config: FallbackConfig, ms: i64, timeoutMs: i32): Slice | null {
    const errors = config.errors;
    const host = this.findOwnOfHost(ms, timeoutMs);
    if (host !== null) return isListed(errors, host) ? host : null;
    const rule = errors.findBodyFailure(this.status, this.body);
    if (errors.isFailure(this.status) || rule !== null) {
      return errors.isRefusal(this.status, this.body) ? null : statusReason(this.status);
    }
    if (this.status != 200 || !errors.onBadStart) return null;
    const isStream = lowerCase(this.type).startsWith(EVENT_STREAM_TYPE);
    if (!(isStream ? config.stream.holdsFirstEvent : config.stream.judgesJson)) return null;
    const judge = new StartJudge(isStream, config.stream);
    judge.feed(this.body);
    return judge.end() == Verdict.Bad ? BAD_START : null;
  }

  /** Nobody answered: the status is Envoy's (model-fallback.md 7.2, no. 8). */
  private findOwnOfHost(ms: i64, timeoutMs: i32): Slice | null {
    if (this.status == 504 && ms + SLACK_MS >= <i64>timeoutMs) return TIMEOUT;
    if (this.status == 502 && this.type.isEmpty && this.body.isEmpty) return RESET;
    if (this.status != 503 || !this.body.startsWith(CONNECT_ERROR)) return null;
    return this.body.find(RESET_REASON) >= 0 ? CONNECT : RESET;
  }
}

function isListed(errors: Errors, reason: Slice): bool {
  if (reason.equals(TIMEOUT)) return errors.onTimeout;
  return reason.equals(CONNECT) ? errors.onConnectFailure : errors.onReset;
}
