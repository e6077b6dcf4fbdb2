import { bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";
import { Errors } from "./errors";
import { StreamOptions } from "./judge";
import {
  MAX_RETRIES,
  PER_TRY_TIMEOUT,
  RETRIABLE_STATUS_CODES,
  RETRY_ON,
  TOTAL_TIMEOUT,
} from "./names";
import { StatusSet } from "./status-set";
import { Timeouts } from "./timeouts";

const STATUSES: string = "retriable-status-codes";
const RESET: string = "reset";
const CONNECT: string = "connect-failure,refused-stream";
/** What a bad start, and a status that the router is not told of, look like to the router. */
export const REWRITTEN: i32 = 503;

/** What Envoy's router is asked to do for requests of one configuration (model-fallback.md 4.2). */
@final
export class RouterOrders {
  private readonly retryOn: Slice;
  private readonly statusCodes: Slice;
  private readonly firstToken: Slice;
  private readonly unary: Slice;
  private readonly total: Slice;
  /** Statuses that the router knows as failures. */
  readonly listed: StatusSet;

  constructor(errors: Errors, stream: StreamOptions, timeouts: Timeouts) {
    let on = STATUSES;
    // `reset` alone also retries per-try timeouts, so the two go together.
    if (errors.onReset || errors.onTimeout) on += "," + RESET;
    if (errors.onConnectFailure) on += "," + CONNECT;
    this.retryOn = bytes(on);
    let listed = errors.statuses.listed();
    const holds = errors.onBadStart && (stream.holdsFirstEvent || stream.judgesJson);
    const rewrites = holds || errors.onBody.length > 0 || listed !== errors.statuses;
    if (rewrites) listed = listed.with(REWRITTEN);
    this.listed = listed;
    this.statusCodes = listed.toList();
    this.firstToken = digits(timeouts.firstTokenMs);
    this.unary = digits(timeouts.unaryMs);
    this.total = digits(timeouts.totalMs);
  }

  /**
   * Writes them into the running request, from which a client's own were taken. For one attempt the
   * router need not get ready for another, and keeps no copy of the body.
   */
  give(attempts: i32, streams: bool): void {
    if (attempts > 1) {
      requestHeaders.set(RETRY_ON, this.retryOn);
      requestHeaders.set(RETRIABLE_STATUS_CODES, this.statusCodes);
    }
    requestHeaders.set(MAX_RETRIES, digits(attempts - 1));
    requestHeaders.set(PER_TRY_TIMEOUT, streams ? this.firstToken : this.unary);
    requestHeaders.set(TOTAL_TIMEOUT, this.total);
  }
}
