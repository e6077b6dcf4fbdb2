import { KeyPath } from "@ai-gateway-wasm/as-json";
import { bytes, digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { chooseRouteAgain } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  getProperty,
  HeadersAction,
  PairsBuilder,
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
import { LocalReplies } from "./errors";
import { Served } from "./exposure";
import {
  ALL_FAILED_DETAILS,
  CHAIN_PROPERTY,
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  JSON_TYPE,
  RESPONSE_DETAILS,
  RETRY_AFTER,
  RETRY_AFTER_PROPERTY,
  SERVED_PROPERTY,
  STATUS,
  TRACE_PROPERTY,
} from "./names";
import { FailureClass, NO_HOST, statusReason } from "./reason";
import { RequestFeatures } from "./request-features";
import { HeldRequest } from "./held-request";
import { findRouterReason } from "./router-details";
import { responseStatus } from "./response-status";
import { tellAllFailed } from "./result";
import { RouterOrders } from "./router-orders";
import { Trace } from "./trace";

const VIA_UPSTREAM: Slice = bytes("via_upstream");

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
    this.choice = choice;
    this.stage = Stage.Goes;
    this.orders.give(choice.links.length, request.streams);
    const note = ChainNote.of(choice, request, isAlone);
    this.model = note.model;
    setProperty(CHAIN_PROPERTY, note.toJson());
    const skipped = choice.skipped;
    this.leadTo(skipped > 0 ? chain.breakerClusters[skipped] : chain.cluster);
    chain.metrics.requests.increment();
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
    this.leadTo(chain.cluster);
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
    const found = getProperty(RESPONSE_DETAILS);
    const details = found === null ? NO_BYTES : found;
    if (!details.equals(VIA_UPSTREAM)) return this.isRouterFailure(status, details, trace);
    if (trace.count > 0) return true;
    // The attempts were nobody's: the upstream part is missing, or knows none of the endpoints.
    const isFailure = this.config.errors.isFailure(status);
    if (isFailure) this.noteLast(trace, statusReason(status));
    return isFailure;
  }

  /** The gateway has answered by itself, and it was for its upstream. */
  private isRouterFailure(status: i32, details: Slice, trace: Trace): bool {
    const replies = this.config.errors.localReplies;
    const reason = findRouterReason(details);
    if (replies == LocalReplies.None) return false;
    if (reason === null && replies == LocalReplies.Router) return false;
    // Nobody saw the attempt end, or there was none: a target without a host.
    const isMissing = trace.count == 0 || (reason !== null && reason.equals(NO_HOST));
    if (isMissing) this.noteLast(trace, reason === null ? statusReason(status) : reason);
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
      responseHeaders.load();
      config.exposure.clean(responseHeaders);
      config.exposure.tell(responseHeaders, served);
      return HeadersAction.Continue;
    }
    const status = config.allFailed.statusOf(trace);
    this.error = config.allFailed.bodyOf(trace, config.exposure.namesTargets);
    if (endOfStream) return this.replyAnew(status, served, wait);
    responseHeaders.load();
    config.exposure.clean(responseHeaders);
    responseHeaders.remove(CONTENT_LENGTH);
    responseHeaders.remove(CONTENT_ENCODING);
    responseHeaders.set(STATUS, digits(status));
    responseHeaders.set(CONTENT_TYPE, JSON_TYPE);
    if (wait !== null) responseHeaders.set(RETRY_AFTER, wait);
    else responseHeaders.remove(RETRY_AFTER);
    config.exposure.tell(responseHeaders, served);
    this.stage = Stage.Replaces;
    return HeadersAction.StopIteration;
  }

  /** An error without a body cannot be given one: Envoy refuses it. */
  private replyAnew(status: i32, served: Served, wait: Slice | null): HeadersAction {
    const headers = new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE);
    if (wait !== null) headers.add(RETRY_AFTER, wait);
    this.config.exposure.addTo(headers, served);
    this.stage = Stage.Idle;
    this.sendLocalReply(status, headers.build(), this.error, ALL_FAILED_DETAILS);
    return HeadersAction.StopIteration;
  }
}
