import { ConfigErrors, ConfigReader } from "@ai-gateway-wasm/kit";
import { startTicks } from "@ai-gateway-wasm/kit/periodic";
import { STORE_TAGS, StoreReply, StoreRoot } from "@ai-gateway-wasm/store";
import { HttpCallResponse, HttpContext, wallClockNs } from "proxy-wasm-as";
import { CacheConfig } from "./config/config";
import { parseConfig } from "./config/parser";
import { Tables } from "./config/tables";
import { UPLOADS } from "./lookup/semantic";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { RemainingTime } from "./store/remaining-time";
import { AnswerStore } from "./store/store";
import { StoreAnswer } from "./store/store-answer";
import { Uploads } from "./store/uploads";
import { CacheStream } from "./stream";
import { Trouble } from "./trouble";
import { refusalOf } from "./vector/upload-answer";

const TICK_MS: i32 = 100;
/** With `singleFlight`: how soon those who wait see an answer. */
const FAST_TICK_MS: i32 = 50;
const SWEEP_MS: i64 = 1000;

/**
 * Bytes of answers to those who waited, in one tick: what each takes in memory is free again only when the
 * callback returns. The others are next.
 */
const ANSWERED_BYTES: i64 = 2097152;

/** One configuration of ai-cache: what is stored where, and the requests that wait for something. */
export class CacheRoot extends StoreRoot<CacheConfig> {
  /** A gateway that lets a plugin hold headers has shown it. */
  holdsHeaders: bool = false;
  /** Of hits, and of what was found, since a tick began. */
  answeredBytes: i64 = 0;
  readonly uploads: Uploads = new Uploads();
  private readonly metrics: Metrics = new Metrics();
  /** Of the configuration that is at work. */
  private stores: AnswerStore[] = [];
  // Of the one that is being read; that may be refused.
  private tables: Tables = new Tables();
  private nextStores: AnswerStore[] = [];
  private hasFlights: bool = false;
  private waiting: CacheStream[] = [];
  private sweptMs: i64 = 0;
  private readonly uploadTrouble: Trouble = new Trouble(UPLOADS);

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override prepare(_document: ConfigReader): void {
    this.tables = new Tables();
    this.nextStores = [];
    this.hasFlights = false;
  }

  override parseGlobal(document: ConfigReader): CacheConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: CacheConfig | null): CacheConfig | null {
    return this.parse(rule);
  }

  /** Rules do without a global part that is refused, and without the tables that it names. */
  override withoutGlobal(_document: ConfigReader, _errors: ConfigErrors): CacheConfig | null {
    this.tables.forget();
    return null;
  }

  override complete(document: ConfigReader): void {
    const periodMs = this.hasFlights ? FAST_TICK_MS : TICK_MS;
    if (!startTicks(this.log, periodMs)) return document.refuseWith("the host has no ticks");
    this.tables.settle();
    this.stores = this.nextStores;
  }

  override accept(id: u32, config: CacheConfig): HttpContext | null {
    return new CacheStream(id, config, this, this.metrics);
  }

  override onTick(): void {
    const nowMs = this.nowMs;
    this.visitWaiting(nowMs);
    if (nowMs - this.sweptMs < SWEEP_MS && nowMs >= this.sweptMs) return;
    this.sweptMs = nowMs;
    for (let i = 0; i < this.stores.length; i++) this.stores[i].tick(nowMs);
  }

  /** A store has taken an answer, or has not, or says how long it will have one. */
  override onStoreReply(reply: StoreReply): void {
    const command = reply.command;
    if (reply.hasFailed) this.metrics.backendError.increment();
    if (command instanceof RemainingTime) (<RemainingTime>command).settle(reply, this.nowMs);
    else if (command instanceof StoreAnswer) (<StoreAnswer>command).settle(reply);
  }

  /** A vector database has answered to an upload, or a store. */
  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    if (tag >= STORE_TAGS) return super.onHttpCallResponse(tag, response);
    const storing = this.uploads.take(tag);
    const refusal = refusalOf(response);
    if (refusal.length > 0) {
      this.metrics.backendError.increment();
      this.uploadTrouble.tell(this.log, refusal);
    } else if (storing !== null) {
      storing.count();
    }
  }

  /** Has `onWait` of the stream called by each tick until it answers false. */
  watch(stream: CacheStream): void {
    this.waiting.push(stream);
  }

  private get nowMs(): i64 {
    return <i64>(wallClockNs() / 1000000);
  }

  private visitWaiting(nowMs: i64): void {
    const waiting = this.waiting;
    if (waiting.length == 0) return;
    // A stream that goes on may make others wait.
    this.waiting = [];
    this.answeredBytes = 0;
    for (let i = 0; i < waiting.length; i++) {
      if (waiting[i].isOver) continue;
      const isNext = this.answeredBytes >= ANSWERED_BYTES;
      if (isNext || waiting[i].onWait(nowMs)) this.waiting.push(waiting[i]);
    }
  }

  private parse(reader: ConfigReader): CacheConfig | null {
    const config = parseConfig(reader, this.tables, this.metrics, this.log);
    if (config === null) return null;
    const store = config.store;
    if (store !== null) this.nextStores.push(store);
    if (config.flight !== null) this.hasFlights = true;
    return config;
  }
}
