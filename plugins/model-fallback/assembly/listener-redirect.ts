import { KeyPath } from "@ai-gateway-wasm/as-json";
import { digits, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { keepRoute } from "@ai-gateway-wasm/kit";
import { getProperty, HeadersAction, Pairs, requestHeaders, responseHeaders } from "proxy-wasm-as";
import { jsonHeaders } from "./all-failed";
import { Attempt } from "./attempt";
import { Chain, Link } from "./chain";
import { ChainNote } from "./chain-note";
import { Choice, fits } from "./choice";
import { nowMs } from "./clock";
import { findFirstFailure, responseDetails, VIA_UPSTREAM } from "./first-failure";
import { HeadEdits } from "./head-edits";
import { HeldRequest } from "./held-request";
import {
  AUTHORITY,
  AUTHORIZATION,
  HIGRESS_FALLBACK_FROM,
  HOP,
  ORIGINAL_AUTH,
  ORIGINAL_HOST,
  ORIGINAL_PATH,
  PATH,
  SKIPPED_DETAILS,
  TRACE_PROPERTY,
} from "./names";
import { NO_RESPONSE } from "./reason";
import { consumerOf, RequestFeatures } from "./request-features";
import { responseStatus } from "./response-status";
import { Result } from "./result";
import { rewriteRequest } from "./rewrite";
import { findRouterReason } from "./router-details";
import { Trace } from "./trace";

const COLON: i32 = 0x3a;

/**
 * One pass of a request of `redirect`: Higress sends a failed request through all filters again, on
 * the fallback route of the console (model-fallback.md 3.8). The first pass asks the first target,
 * each further one the next. Its body is held, so that Higress keeps it for the next pass.
 */
@final
export class RedirectListener extends HeldRequest {
  /** The main route, as Higress says on every pass but the first; no bytes: this is the first. */
  private from: Slice = NO_BYTES;
  /** Null: nothing is chosen. */
  private choice: Choice | null = null;
  /** Null: no target is asked, or its answer has come. */
  private result: Result | null = null;

  protected override isBack(): bool {
    const from = requestHeaders.get(HIGRESS_FALLBACK_FROM);
    if (from === null || from.isEmpty) return false;
    this.from = from.copy();
    return true;
  }

  protected override begin(
    chain: Chain,
    request: RequestFeatures,
    body: Slice,
    modelKey: KeyPath,
  ): bool {
    keepRoute();
    const config = this.config;
    const present = requestHeaders.pairs();
    const edits = new HeadEdits();
    const isFirst = this.from.isEmpty;
    const passes = this.begins(edits, present);
    const isAlone = this.isAlone;
    const before = passesBefore(chain, passes, request);
    const hop = this.hopFor(chain, passes, request);
    const link = linkAt(chain, hop);
    if (link === null || (isAlone && !isFirst)) {
      return this.replyUnasked(chain, request.model, before);
    }
    edits.set(HOP, digits(hop + 1));
    if (isFirst) chain.metrics.requests.increment();
    const choice = new Choice(chain);
    choice.links.push(link);
    this.choice = choice;
    const isLast = nextFor(chain, hop + 1, request) < 0;
    // The client's own credential was kept for authenticators of a further pass.
    if (isLast && !isFirst) edits.remove(ORIGINAL_AUTH);
    const mayWait = !isLast || !config.breaker.keepsOne;
    if (!isAlone && !choice.isClosed(link) && mayWait) {
      edits.applyTo(requestHeaders, present);
      return this.turnBack(link);
    }
    const attempt = new Attempt(link.target, request.model, request.consumer);
    rewriteRequest(attempt, edits, present, body, modelKey);
    const note = ChainNote.of(choice, request, isAlone);
    this.result = new Result(chain, note, attempt, before, nowMs());
    return true;
  }

  /** The pass's target is asked with what the client sent; nothing is noted of it. */
  protected override pass(chain: Chain): void {
    const modelKey = this.config.modelKey;
    const present = requestHeaders.pairs();
    const edits = new HeadEdits();
    const hop = this.begins(edits, present);
    const link = linkAt(chain, hop);
    if (link === null || modelKey === null) {
      edits.remove(AUTHORIZATION);
      return edits.applyTo(requestHeaders, present);
    }
    keepRoute();
    edits.set(HOP, digits(hop + 1));
    const consumer = consumerOf(this.config.consumerHeader);
    const attempt = new Attempt(link.target, NO_BYTES, consumer);
    rewriteRequest(attempt, edits, present, NO_BYTES, modelKey);
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    const result = this.result;
    if (result === null) return HeadersAction.Continue;
    this.result = null;
    responseHeaders.load();
    this.config.exposure.clean(responseHeaders);
    const status = responseStatus();
    const details = responseDetails();
    const reason = findFirstFailure(this.config.errors, status, details, false);
    if (reason !== null) {
      result.fail(reason, status);
      return HeadersAction.Continue;
    }
    if (!details.equals(VIA_UPSTREAM)) {
      result.endByGateway(findRouterReason(details));
      return HeadersAction.Continue;
    }
    const served = result.succeed(status);
    if (!this.from.isEmpty) served.from = this.from;
    this.config.exposure.tell(responseHeaders, served);
    return HeadersAction.Continue;
  }

  override onDone(): void {
    const choice = this.choice;
    if (choice !== null) choice.giveBack();
  }

  /** Which target is asked; for nobody, or alone, the first says what it thinks of that. */
  private hopFor(chain: Chain, passes: i32, request: RequestFeatures): i32 {
    const hop = nextFor(chain, passes, request);
    return this.from.isEmpty && (hop < 0 || this.isAlone) ? 0 : hop;
  }

  /** @returns the number of passes before this one */
  private begins(edits: HeadEdits, present: Pairs): i32 {
    if (!this.from.isEmpty) {
      this.undo(edits, present);
      return hopOf(present);
    }
    saveOriginals(edits, present);
    return 0;
  }

  /**
   * Headers come as the pass before left them. What targets add goes, which are keys for the most part;
   * the client's own credential comes back. Path and host are restored by Higress.
   */
  private undo(edits: HeadEdits, present: Pairs): void {
    const touched = this.config.touched;
    for (let i = 0; i < touched.length; i++) {
      if (touched[i].at(0) != COLON) edits.remove(touched[i]);
    }
    const own = present.find(ORIGINAL_AUTH);
    if (own !== null) edits.set(AUTHORIZATION, own);
  }

  /** Nobody is asked, and Higress makes the next pass at once. @returns false */
  private turnBack(link: Link): bool {
    link.metrics.skipped.increment();
    const body = this.config.allFailed.bodyOf(new Trace(), false);
    this.sendLocalReply(503, jsonHeaders(), body, SKIPPED_DETAILS);
    return false;
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
function passesBefore(chain: Chain, hop: i32, request: RequestFeatures): Trace {
  const trace = hop > 0 ? Trace.parse(getProperty(TRACE_PROPERTY)) : new Trace();
  let known = trace.count;
  for (let i = nextFor(chain, 0, request); i >= 0 && i < hop; i = nextFor(chain, i + 1, request)) {
    const link = linkAt(chain, i);
    if (known-- <= 0 && link !== null) trace.add(link.target.name, NO_RESPONSE, 0);
  }
  return trace;
}

/** The first target from here on that such requests are for; -1: there is none. */
function nextFor(chain: Chain, hop: i32, request: RequestFeatures): i32 {
  let link = linkAt(chain, hop);
  while (link !== null && !fits(link.target, request)) link = linkAt(chain, ++hop);
  return link === null ? -1 : hop;
}

/** The target of a pass, or null: there are not so many. */
function linkAt(chain: Chain, hop: i32): Link | null {
  if (hop < 0) return null;
  let before = 0;
  for (let i = 0; i < chain.ranks.length; i++) {
    const links = chain.ranks[i].links;
    if (hop < before + links.length) return links[hop - before];
    before += links.length;
  }
  return null;
}
