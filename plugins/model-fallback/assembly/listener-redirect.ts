import { digits, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { keepRoute, limitRequestBuffer, PluginLog } from "@ai-gateway-wasm/kit";
import {
  DataAction,
  getProperty,
  HeadersAction,
  HttpContext,
  Pairs,
  requestBody,
  requestHeaders,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { Chain, Link } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice } from "./choice";
import { nowMs } from "./clock";
import { FallbackConfig } from "./config";
import { HeadEdits } from "./head-edits";
import {
  AUTHORITY,
  AUTHORIZATION,
  CONTENT_LENGTH,
  HIGRESS_FALLBACK_FROM,
  HOP,
  ORIGINAL_AUTH,
  ORIGINAL_HOST,
  ORIGINAL_PATH,
  PATH,
  STATUS,
  TRACE_PROPERTY,
} from "./names";
import { NO_RESPONSE, statusReason } from "./reason";
import { RequestFeatures } from "./request-features";
import { isWatched } from "./request-kind";
import { Result } from "./result";
import { Trace } from "./trace";

const enum Stage {
  /** None of our business, or nothing more to do. */
  Idle,
  /** Held until its body is complete, so that Higress keeps the body for the next pass. */
  HoldsBody,
  /** On its way to the target of this pass. */
  Goes,
}

/**
 * One pass of a request of `redirect`: Higress sends a failed request through all filters again, on
 * the fallback route of the console (model-fallback.md 3.8). The first pass asks the first target,
 * each further one the next.
 */
@final
export class RedirectListener extends HttpContext {
  private stage: Stage = Stage.Idle;
  /** The main route, as Higress says on every pass but the first; no bytes: this is the first. */
  private from: Slice = NO_BYTES;
  /** How many passes there were before. */
  private hop: i32 = 0;
  /** Null: no target is asked. */
  private result: Result | null = null;

  constructor(
    id: u32,
    private readonly config: FallbackConfig,
    private readonly log: PluginLog,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    requestHeaders.load();
    if (endOfStream || !isWatched(this.config.paths)) return this.stayOut();
    const from = requestHeaders.get(HIGRESS_FALLBACK_FROM);
    if (from !== null) this.from = from.copy();
    limitRequestBuffer(this.config.maxBodyBytes);
    this.stage = Stage.HoldsBody;
    return HeadersAction.StopIteration;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    if (this.stage != Stage.HoldsBody) return DataAction.Continue;
    if (<i64>size > this.config.maxBodyBytes) {
      this.stage = Stage.Idle; // Higress replays no more than that either
      return DataAction.Continue;
    }
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    this.begin();
    return DataAction.Continue;
  }

  override onRequestTrailers(): TrailersAction {
    if (this.stage == Stage.HoldsBody) this.begin();
    return TrailersAction.Continue;
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    const result = this.result;
    if (this.stage != Stage.Goes || result === null) return HeadersAction.Continue;
    this.stage = Stage.Idle;
    responseHeaders.load();
    this.config.exposure.clean(responseHeaders);
    const text = responseHeaders.get(STATUS);
    const status = text === null ? 0 : <i32>parseInteger(text);
    if (this.config.errors.isFailure(status)) {
      result.fail(statusReason(status), status);
      return HeadersAction.Continue;
    }
    const served = result.succeed(status, this.log);
    if (!this.from.isEmpty) served.from = this.from;
    this.config.exposure.tell(responseHeaders, served);
    return HeadersAction.Continue;
  }

  private stayOut(): HeadersAction {
    this.finish();
    return HeadersAction.Continue;
  }

  /** The body is complete, and the headers are still held. */
  private begin(): void {
    this.stage = Stage.Idle;
    const config = this.config;
    const body = requestBody.readAll();
    const modelKey = config.modelKey;
    if (body === null || modelKey === null) return;
    const features = RequestFeatures.read(body, modelKey, config.asksForVision);
    if (features.model.isEmpty) return;
    if (config.asksForConsumer) features.readConsumer();
    const chain = config.findChain(features.model);
    if (chain === null) return;
    keepRoute();
    const present = requestHeaders.pairs();
    const edits = new HeadEdits();
    if (this.from.isEmpty) saveOriginals(edits, present);
    else this.hop = hopOf(present);
    const link = linkAt(chain, this.hop);
    if (link === null) {
      this.log.warn("no target is left for a request that comes from " + this.from.toString());
      edits.applyTo(requestHeaders, present);
      return;
    }
    edits.set(HOP, digits(this.hop + 1));
    const attempt = new Attempt(link.target, features.model, features.consumer);
    const path = present.find(PATH);
    attempt.editHead(edits, path === null ? NO_BYTES : path);
    const edited = attempt.editBody(body, modelKey);
    if (edited !== body) {
      requestBody.replace(edited);
      edits.set(CONTENT_LENGTH, digits(edited.length));
    }
    edits.applyTo(requestHeaders, present);
    if (this.hop == 0) chain.metrics.requests.increment();
    const note = ChainNote.of(Choice.first(chain), features, false);
    this.result = new Result(chain, note, attempt, passesBefore(chain, this.hop), nowMs());
    this.stage = Stage.Goes;
  }
}

/** What Higress restores before the next pass, or authenticators want to see there. */
function saveOriginals(edits: HeadEdits, present: Pairs): void {
  save(edits, present, PATH, ORIGINAL_PATH);
  save(edits, present, AUTHORITY, ORIGINAL_HOST);
  save(edits, present, AUTHORIZATION, ORIGINAL_AUTH);
}

/** What another plugin saved before stays. */
function save(edits: HeadEdits, present: Pairs, from: Slice, to: Slice): void {
  const value = present.find(from);
  if (value !== null && present.find(to) === null) edits.set(to, value);
}

/** The number of passes so far: one, until somebody says otherwise. */
function hopOf(present: Pairs): i32 {
  const text = present.find(HOP);
  const hop = text === null ? 1 : parseInteger(text);
  return hop < 1 || hop > 16 ? 1 : <i32>hop;
}

/** The passes before this one; of those that left no trace nobody knows how they ended. */
function passesBefore(chain: Chain, hop: i32): Trace {
  const trace = hop > 0 ? Trace.parse(getProperty(TRACE_PROPERTY)) : new Trace();
  for (let i = trace.count; i < hop; i++) {
    const link = linkAt(chain, i);
    if (link !== null) trace.add(link.target.name, NO_RESPONSE, 0);
  }
  return trace;
}

/** The target of a pass, or null: there are not so many. */
function linkAt(chain: Chain, hop: i32): Link | null {
  let before = 0;
  for (let i = 0; i < chain.ranks.length; i++) {
    const links = chain.ranks[i].links;
    if (hop < before + links.length) return links[hop - before];
    before += links.length;
  }
  return null;
}
