import { KeyPath } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { chooseRouteAgain } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  getProperty,
  HeadersAction,
  requestHeaders,
  responseBody,
  responseHeaders,
  setProperty,
  TrailersAction,
} from "proxy-wasm-as";
import { FailedMode } from "./all-failed";
import { Chain } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice } from "./choice";
import { FallbackConfig } from "./config";
import { findFirstFailure, responseDetails, VIA_UPSTREAM } from "./first-failure";
import {
  CHAIN_PROPERTY,
  RETRY_AFTER_PROPERTY,
  SERVED_PROPERTY,
  STATUS,
  TRACE_PROPERTY,
} from "./names";
import { FailureClass, NO_HOST, statusOf, TIMEOUT } from "./reason";
import { RequestFeatures } from "./request-features";
import { HeldRequest } from "./held-request";
import { ReplayAnswer } from "./replay-answer";
import { responseStatus } from "./response-status";
import { tellAllFailed } from "./result";
import { RouterOrders } from "./router-orders";
import { Trace } from "./trace";

const enum Stage {
  /** None of our business. */
  Idle,
  /** On its way through the targets. */
  Goes,
  /** Its error gives way to ours. */
  Replaces,
}

/**
 * One request of `native` in the listener's chain:
 *
 *   headers, body ─► which targets? ─► orders for Envoy's router ─► attempts (upstream.ts)
 *   client ◄─ as it came, when a target answered ◄─────────────────────┤
 *          ◄─ our error, when all have failed ◄────────────────────────┘
 */
@final
export class NativeListener extends HeldRequest {
  private stage: Stage = Stage.Idle;
  /** Null: nothing is chosen. */
  private choice: Choice | null = null;
  /** As the client names it; memory of its own. */
  private model: Slice = NO_BYTES;
  /** What the client gets when every target failed. */
  private error: Slice = NO_BYTES;

  constructor(
    id: u32,
    config: FallbackConfig,
    private readonly orders: RouterOrders,
  ) {
    super(id, config);
  }

  protected override begin(
    chain: Chain,
    request: RequestFeatures,
    _body: Slice,
    _modelKey: KeyPath,
  ): bool {
    const config = this.config;
    const isAlone = this.isAlone;
    const most = isAlone ? 1 : config.maxAttempts;
    const choice = Choice.forRouter(chain, request, most, config.breaker.keepsOne, isAlone);
    chain.metrics.requests.increment();
    if (choice.links.length == 0) return this.replyUnasked(chain, request.model);
    this.choice = choice;
    this.stage = Stage.Goes;
    this.orders.give(choice.links.length, request.streams);
    const note = ChainNote.of(choice, request, isAlone);
    this.model = note.model;
    setProperty(CHAIN_PROPERTY, note.toJson());
    this.leadTo(chain.clusterBehind(choice.skipped));
    return true;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    const choice = this.choice;
    if (this.stage != Stage.Goes || choice === null) return HeadersAction.Continue;
    const status = responseStatus();
    // An attempt that went well has said what there is to say.
    if (status < 400) return choice.probes.length == 0 ? this.stayOut() : HeadersAction.Continue;
    const trace = Trace.parse(getProperty(TRACE_PROPERTY));
    if (!this.isFailure(status, trace)) return HeadersAction.Continue;
    return this.giveUp(choice, trace, endOfStream);
  }

  override onResponseBody(_size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.Replaces) return DataAction.Continue;
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    responseBody.replace(this.error);
    return DataAction.Continue;
  }

  /** An error with trailers has no end of its body. */
  override onResponseTrailers(): TrailersAction {
    if (this.stage == Stage.Replaces) responseBody.replace(this.error);
    return TrailersAction.Continue;
  }

  override onDone(): void {
    const choice = this.choice;
    if (choice !== null && choice.probes.length > 0) choice.giveBack();
  }

  protected override pass(chain: Chain): void {
    this.leadTo(chain.clusterBehind(0));
  }

  /** Tells a route with `cluster_header` where the chain begins. @param cluster no bytes: it knows */
  private leadTo(cluster: Slice): void {
    const name = this.config.clusterHeader;
    if (name.isEmpty || cluster.isEmpty) return;
    requestHeaders.set(name, cluster);
    chooseRouteAgain();
  }

  /** The error is one that a further target might have mended. Adds to the trace what it lacks. */
  private isFailure(status: i32, trace: Trace): bool {
    if (getProperty(SERVED_PROPERTY) !== null) return false; // a target has answered: with this
    // What an attempt called a failure may have a status that is none by itself.
    const details = responseDetails();
    if (trace.count > 0 && details.equals(VIA_UPSTREAM)) return true;
    const reason = findFirstFailure(this.config.errors, status, details, false);
    if (reason === null) return false;
    // The upstream part is missing or knows none of the endpoints, nobody saw the attempt end, or there
    // was none: a target without a host.
    const last = trace.last;
    if (last === null || reason.equals(NO_HOST)) this.noteLast(trace, reason);
    else if (reason.equals(TIMEOUT)) last.reason = reason; // its own part saw it cut off
    return true;
  }

  /** Adds what became of the target that was to be asked next. */
  private noteLast(trace: Trace, reason: Slice): void {
    const choice = this.choice;
    if (choice === null) return;
    const next = min(trace.count, choice.links.length - 1);
    const link = choice.links[next];
    trace.add(link.target.name, reason, 0);
    if (reason.equals(NO_HOST)) link.metrics.countFailure(FailureClass.NoHost);
  }

  /** Every target has failed. */
  private giveUp(choice: Choice, trace: Trace, endOfStream: bool): HeadersAction {
    const config = this.config;
    const wait = getProperty(RETRY_AFTER_PROPERTY);
    const served = tellAllFailed(choice.chain, trace, this.model);
    if (config.allFailed.mode != FailedMode.OpenAi) {
      const last = trace.last;
      // The router may have been shown another one.
      const status = last === null ? NO_BYTES : statusOf(last.reason);
      responseHeaders.load();
      config.exposure.clean(responseHeaders);
      config.exposure.tell(responseHeaders, served);
      if (!status.isEmpty) responseHeaders.set(STATUS, status);
      return HeadersAction.Continue;
    }
    const answer = ReplayAnswer.ofFailure(config, trace);
    answer.served = served;
    if (wait !== null) answer.retryAfter = parseInteger(wait);
    if (endOfStream) {
      // An error without a body cannot be given one: Envoy refuses it.
      this.stage = Stage.Idle;
      this.replyWith(answer);
      return HeadersAction.StopIteration;
    }
    this.error = answer.body;
    responseHeaders.load();
    config.exposure.clean(responseHeaders);
    answer.replaceHead(config.exposure);
    this.stage = Stage.Replaces;
    return HeadersAction.StopIteration;
  }
}
