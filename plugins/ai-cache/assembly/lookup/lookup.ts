import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { StoreCalls, StoreReply } from "@ai-gateway-wasm/store";
import { Claim } from "@ai-gateway-wasm/store/slots";
import { HttpCallResponse } from "proxy-wasm-as";
import { CacheConfig } from "../config/config";
import { CacheKey, keyBeside } from "../key/cache-key";
import { Metrics } from "../metrics";
import { Hit } from "../replay/hit";
import { AnswerRecord } from "../replay/record";
import { Lead } from "../store/single-flight";
import { Finding } from "../store/store";
import { Call, EMBEDDING_CALL, SEARCH_CALL } from "./semantic";

/** Where a lookup stands. */
export const enum Progress {
  /** An answer is still to come. */
  Pending,
  /** Somebody else is asking the model the same: `poll` says how that goes on. */
  Follows,
  Hit,
  Miss,
}

const enum Step {
  Exact,
  Follows,
  Embedding,
  Search,
  Neighbour,
  Done,
}

/** The client takes answers of any age. */
export const ANY_AGE: i64 = -1;

/**
 * Looks for the answer to one question:
 *
 *   exact ──miss─► am I the first to ask? ──no──► wait for the answer of whoever is
 *                        │ yes
 *                        ▼
 *                  embedding ─► search ──near enough─► its answer, else the exact one of its question
 *
 * Any trouble is a miss.
 */
@final
export class Lookup {
  /** With `Progress.Hit`: what is answered; valid until the callback returns. */
  hit: Hit | null = null;
  /** When it was stored, in milliseconds; 0: unknown. */
  createdMs: i64 = 0;
  /** How near the neighbour is whose answer it is; NaN: it is no neighbour's. */
  score: f64 = NaN;
  /** The vector of the question; no bytes: it was not embedded. */
  vector: Slice = NO_BYTES;
  /** Who gave no proper answer; empty: nobody. */
  trouble: string = "";
  /** What is wrong, for a log line, without anything of a reply; empty: nothing that is worth one. */
  failure: string = "";
  /** Of what `poll` has found, whether it was of use or not: a copy of the host's. */
  seenBytes: i32 = 0;
  private step: Step = Step.Exact;
  /** Null: this request has not taken it, or no longer has it. */
  private lead: Lead | null = null;
  /** The question whose answer is asked for at last. */
  private neighbour: CacheKey;
  /** Not again. */
  private hasFollowed: bool = false;
  private followsSinceMs: i64 = 0;
  private isRefresh: bool = false;

  constructor(
    private readonly config: CacheConfig,
    readonly key: CacheKey,
    private readonly calls: StoreCalls,
    /** Of the root: for what nobody waits for. */
    private readonly rootCalls: StoreCalls,
    private readonly metrics: Metrics,
    /** Seconds; older answers are of no use. */
    private readonly maxAge: i64,
  ) {
    this.neighbour = key;
  }

  /** A fresh answer is wanted: nothing is looked for, but the answer is to have a vector, too. */
  refresh(): Progress {
    this.isRefresh = true;
    return this.goOn();
  }

  start(nowMs: i64): Progress {
    const store = this.config.store;
    if (store === null) return this.goOn();
    this.step = Step.Exact;
    const finding = store.find(this.calls, this.key, nowMs, this.oldestMs(nowMs));
    return finding === null ? Progress.Pending : this.settleExact(finding, nowMs);
  }

  onStoreReply(reply: StoreReply, nowMs: i64): Progress {
    const store = this.config.store;
    if (store === null) return Progress.Pending;
    const isExact = this.step == Step.Exact;
    if (!isExact && this.step != Step.Neighbour) return Progress.Pending;
    const key = isExact ? this.key : this.neighbour;
    const finding = store.read(this.rootCalls, reply, key, nowMs);
    if (isExact) return this.settleExact(finding, nowMs);
    return this.isUsable(finding, nowMs) ? this.found(finding) : this.miss();
  }

  onHttpCallResponse(tag: i32, response: HttpCallResponse, nowMs: i64): Progress {
    if (tag == EMBEDDING_CALL && this.step == Step.Embedding) return this.takeEmbedding(response);
    if (tag == SEARCH_CALL && this.step == Step.Search) return this.takeNearest(response, nowMs);
    return Progress.Pending;
  }

  /** For `Progress.Follows`, every so often. */
  poll(nowMs: i64): Progress {
    const flight = this.config.flight;
    const store = this.config.store;
    if (flight === null || store === null || this.step != Step.Follows) return Progress.Pending;
    // A clock that is set back must not make it wait for as long.
    const isLate = abs(nowMs - this.followsSinceMs) >= flight.maxWaitMs;
    const isHeld = !isLate && flight.isHeld(this.key, nowMs);
    // What is too old for this client would be copied each time; whoever leads gives up the lead when a
    // fresh answer is stored.
    if (isHeld && this.maxAge != ANY_AGE) return Progress.Follows;
    const finding = store.findHere(this.key, nowMs);
    const value = finding.value;
    if (value !== null) this.seenBytes = value.length;
    if (this.isUsable(finding, nowMs)) return this.found(finding);
    if (isHeld) return Progress.Follows;
    return store.isRemote && !isLate ? this.start(nowMs) : this.miss();
  }

  /** Nobody waits for the answer that is still to come. */
  giveUp(): void {
    const store = this.config.store;
    const semantic = this.config.semantic;
    const isSearch = this.step == Step.Search;
    if (this.step == Step.Exact || this.step == Step.Neighbour) {
      if (store !== null) store.giveUp();
    } else if (semantic !== null && (isSearch || this.step == Step.Embedding)) {
      semantic.giveUp(isSearch);
      this.failure = failureOf(
        isSearch ? "vector" : "embedding",
        "no answer within lookupDeadlineMs",
      );
    }
  }

  /** Gives up the lead: those who follow need not wait any more. */
  release(): void {
    const lead = this.handOver();
    if (lead !== null) lead.release();
  }

  /** Leaves the lead to whoever stores the answer. */
  handOver(): Lead | null {
    const lead = this.lead;
    this.lead = null;
    return lead;
  }

  private settleExact(finding: Finding, nowMs: i64): Progress {
    if (finding.hasFailed) this.note("store");
    if (this.isUsable(finding, nowMs)) return this.found(finding);
    // What is blank was stored by somebody: the model is asked, and overwrites it. What is too old for
    // this client is a question like a new one.
    const isBlank = finding.value !== null && this.isYoung(finding, nowMs);
    if (isBlank) return this.miss();
    return this.willKnowAge(finding) ? this.takeLead(nowMs) : this.goOn();
  }

  /** Nobody knows the answer. */
  private takeLead(nowMs: i64): Progress {
    const flight = this.config.flight;
    const store = this.config.store;
    if (flight === null || store === null) return this.goOn();
    if (this.hasFollowed) return this.miss();
    const claim = flight.claim(this.key, nowMs);
    if (claim == Claim.Follows) {
      this.step = Step.Follows;
      this.hasFollowed = true;
      this.followsSinceMs = nowMs;
      this.metrics.coalesced.increment();
      return Progress.Follows;
    }
    if (claim == Claim.Leads) {
      this.lead = new Lead(flight, this.key, nowMs);
      // Whoever had the lead may have stored the answer between our look and our claim.
      const finding = store.findHere(this.key, nowMs);
      if (this.isUsable(finding, nowMs)) return this.found(finding);
    }
    return this.goOn();
  }

  private goOn(): Progress {
    const semantic = this.config.semantic;
    if (semantic === null) return this.miss();
    if (this.config.store !== null && !this.config.searchesAfterMiss) return this.miss();
    if (this.key.semanticText.isEmpty) return this.miss();
    this.step = Step.Embedding;
    return this.waitFor(semantic.embed(this.calls.owner, this.key), "embedding");
  }

  private waitFor(call: Call, service: string): Progress {
    if (call == Call.Sent) return Progress.Pending;
    return call == Call.Spared ? this.miss() : this.fail(service);
  }

  private takeEmbedding(response: HttpCallResponse): Progress {
    const semantic = this.config.semantic;
    if (semantic === null) return this.miss();
    const embedding = semantic.readEmbedding(response);
    if (embedding.isMissing) return this.fail("embedding", embedding.failure);
    this.vector = embedding.vector;
    if (this.isRefresh) return this.miss();
    this.step = Step.Search;
    const call = semantic.search(this.calls.owner, this.key, embedding.vector);
    return this.waitFor(call, "vector");
  }

  private takeNearest(response: HttpCallResponse, nowMs: i64): Progress {
    const semantic = this.config.semantic;
    if (semantic === null) return this.miss();
    const nearest = semantic.readNearest(response, this.key);
    if (nearest.isTrouble) return this.fail("vector", nearest.failure);
    if (!nearest.isAccepted) return this.miss();
    this.score = nearest.score;
    const store = this.config.store;
    if (!nearest.answer.isEmpty) {
      // Records are nothing that is uploaded.
      if (AnswerRecord.isMarked(nearest.answer)) return this.miss();
      const finding = new Finding(nearest.answer, nearest.createdAt * 1000);
      if (!this.isUsable(finding, nowMs)) return this.miss();
      if (store !== null) {
        store.put(this.rootCalls, this.key, nearest.answer, finding.createdMs, nowMs, null);
      }
      return this.found(finding);
    }
    if (store === null) return this.miss();
    this.step = Step.Neighbour;
    this.neighbour = keyBeside(this.config, this.key, nearest.text);
    const finding = store.find(this.calls, this.neighbour, nowMs, this.oldestMs(nowMs));
    if (finding === null) return Progress.Pending;
    return this.isUsable(finding, nowMs) ? this.found(finding) : this.miss();
  }

  private isUsable(finding: Finding, nowMs: i64): bool {
    const value = finding.value;
    if (value === null || !this.isYoung(finding, nowMs)) return false;
    const hit = new Hit(value);
    this.hit = hit;
    return !hit.isBlank;
  }

  /** Whether it is as young as the client asks for; an unknown age is none that it asks for. */
  private isYoung(finding: Finding, nowMs: i64): bool {
    return this.maxAge == ANY_AGE || finding.createdMs >= this.oldestMs(nowMs);
  }

  /** Whether those who wait for the next answer will see how old it is; plain texts in Redis do not say. */
  private willKnowAge(finding: Finding): bool {
    const store = this.config.store;
    if (finding.value === null || finding.createdMs != 0 || this.config.keepsRecords) return true;
    return store !== null && !store.isRemote;
  }

  /** When the oldest answer that the client takes was given, in milliseconds; 0: any age will do. */
  private oldestMs(nowMs: i64): i64 {
    return this.maxAge == ANY_AGE ? 0 : max<i64>(1, nowMs - this.maxAge * 1000);
  }

  /** It was found usable just now. */
  private found(finding: Finding): Progress {
    this.createdMs = finding.createdMs;
    this.step = Step.Done;
    return Progress.Hit;
  }

  /** @param reason without anything of the reply; empty: the call could not be sent */
  private fail(trouble: string, reason: string = "could not be called"): Progress {
    this.note(trouble);
    this.failure = failureOf(trouble, reason);
    return this.miss();
  }

  private note(trouble: string): void {
    this.metrics.backendError.increment();
    this.trouble = trouble;
  }

  private miss(): Progress {
    this.score = NaN;
    this.step = Step.Done;
    return Progress.Miss;
  }
}

function failureOf(service: string, reason: string): string {
  return "semantic cache: " + service + ": " + reason;
}
