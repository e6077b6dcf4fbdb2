import { KeyPath, quoteLikeSjson, setValue } from "@ai-gateway-wasm/as-json";
import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { announcedLength, leaveRequestId, limitRequestBuffer } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  HeadersAction,
  HttpContext,
  requestBody,
  requestHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { jsonHeaders, TOO_LARGE } from "./all-failed";
import { Chain } from "./chain";
import { FallbackConfig } from "./config";
import { CONTENT_LENGTH, REQUEST_ID, ROUTER_HEADERS, TOO_LARGE_DETAILS } from "./names";
import { consumerOf, RequestFeatures } from "./request-features";
import { isJob, isWatched } from "./request-kind";
import { BREAKER_OPEN } from "./reason";
import { ReplayAnswer } from "./replay-answer";
import { tellAllFailed } from "./result";
import { Trace } from "./trace";

const NO_CHAIN: Chain | null = null;

/** What has become of a request. */
const enum Hold {
  /** It goes on, or never was one of ours. */
  None,
  /** Until its body is complete. */
  Body,
  /** It is answered here. */
  ForGood,
}

/** A request in the listener's chain, held until its body is complete: by then it is known who is asked. */
export abstract class HeldRequest extends HttpContext {
  private hold: Hold = Hold.None;
  /** The first target is asked and no other: the client wants it, or what is made stays there. */
  protected isAlone: bool = false;

  constructor(
    id: u32,
    protected readonly config: FallbackConfig,
  ) {
    super(id);
  }

  /**
   * The body is complete, and the headers can still be edited.
   *
   * @param body in the callback arena
   * @returns false: the request stays here and is answered
   */
  protected abstract begin(
    chain: Chain,
    request: RequestFeatures,
    body: Slice,
    modelKey: KeyPath,
  ): bool;

  /** The request was here before, and has headers of ours. The headers are loaded. */
  protected isBack(): bool {
    return false;
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    const config = this.config;
    // Only we say where a request goes.
    if (!config.clusterHeader.isEmpty) requestHeaders.remove(config.clusterHeader);
    if (endOfStream || !isWatched(config.paths)) {
      this.passForeign();
      return this.stayOut();
    }
    const isTooLong = announcedLength() > config.maxBodyBytes;
    if (isTooLong && config.rejectsTooLarge) return this.refuse();
    if (!this.isBack()) {
      for (let i = 0; i < ROUTER_HEADERS.length; i++) requestHeaders.remove(ROUTER_HEADERS[i]);
      config.exposure.clean(requestHeaders);
    }
    if (isTooLong) {
      this.passLong();
      return this.stayOut();
    }
    // Asked here, where all headers are at hand.
    this.isAlone = config.optOut.isAsked() || isJob();
    const id = requestHeaders.get(REQUEST_ID);
    if (id !== null) leaveRequestId(id); // for lines about its answer
    limitRequestBuffer(config.maxBodyBytes);
    this.hold = Hold.Body;
    return HeadersAction.StopIteration;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (this.hold == Hold.Body && <i64>size > this.config.maxBodyBytes) {
      this.hold = Hold.None;
      if (this.config.rejectsTooLarge) {
        this.refuse();
        return DataAction.StopIterationNoBuffer;
      }
      this.passLong();
      return DataAction.Continue;
    }
    if (this.hold == Hold.Body && endOfStream) this.release();
    return this.hold == Hold.None ? DataAction.Continue : DataAction.StopIterationAndBuffer;
  }

  /** With trailers no body callback says that the body is complete; this one does. */
  override onRequestTrailers(): TrailersAction {
    if (this.hold == Hold.Body) this.release();
    return this.hold == Hold.None ? TrailersAction.Continue : TrailersAction.StopIteration;
  }

  private release(): void {
    this.hold = Hold.None;
    const config = this.config;
    const body = requestBody.readAll();
    const modelKey = config.modelKey;
    if (body === null || modelKey === null) return this.passForeign();
    const request = RequestFeatures.read(body, modelKey, config.asksForVision);
    if (request.isKept) this.isAlone = true;
    if (config.asksForConsumer) request.consumer = consumerOf(config.consumerHeader);
    const chain = request.model.isEmpty ? NO_CHAIN : config.findChain(request.model);
    if (chain === null) return this.passForeign();
    if (request.isFlood) {
      this.hold = Hold.ForGood;
      this.refuse();
      return;
    }
    const settled = request.isAmbiguous ? settle(body, modelKey, request.model) : body;
    if (!this.begin(chain, request, settled, modelKey)) this.hold = Hold.ForGood;
  }

  /**
   * No target is asked any more.
   *
   * @param model as the client names it
   * @param trace of those before; none: breakers leave every target out
   * @returns false
   */
  protected replyUnasked(chain: Chain, model: Slice, trace: Trace = new Trace()): bool {
    const answer = ReplayAnswer.ofFailure(this.config, trace);
    const served = tellAllFailed(chain, trace, model);
    if (trace.count == 0) served.reason = BREAKER_OPEN;
    answer.served = served;
    return this.replyWith(answer);
  }

  /** @returns false */
  protected replyWith(answer: ReplayAnswer): bool {
    const headers = answer.headers(this.config.exposure);
    this.sendLocalReply(answer.status, headers, answer.body, answer.details);
    return false;
  }

  /** Its body is too long to be held: it goes to the first target, if that is the same for all models. */
  private passLong(): void {
    const chain = this.config.chains[0];
    if (chain.match.holds(NO_BYTES)) this.pass(chain);
  }

  /** No chain takes it up: where only we say the cluster, it goes to that of a chain for everything. */
  private passForeign(): void {
    const config = this.config;
    const chain = config.clusterHeader.isEmpty ? NO_CHAIN : config.findChain(NO_BYTES);
    if (chain !== null) this.pass(chain);
  }

  /** The request goes on to the chain's first target and no other; its body is not read. */
  protected pass(_chain: Chain): void {}

  /** Nothing more of this stream is of interest. */
  protected stayOut(): HeadersAction {
    this.finish();
    return HeadersAction.Continue;
  }

  /** The request is longer than may be kept for a second attempt, or would be with one name in it. */
  private refuse(): HeadersAction {
    this.sendLocalReply(413, jsonHeaders(), TOO_LARGE, TOO_LARGE_DETAILS);
    return HeadersAction.StopAllIterationAndWatermark;
  }
}

/**
 * Servers disagree about which of several models counts, so all become the one that the chain was
 * chosen by. @returns the body as it is now
 */
function settle(body: Slice, modelKey: KeyPath, model: Slice): Slice {
  const settled = setValue(body, modelKey, quoteLikeSjson(model));
  if (settled === null) return body;
  requestBody.replace(settled);
  requestHeaders.set(CONTENT_LENGTH, digits(settled.length));
  return settled;
}
