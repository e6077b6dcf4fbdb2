import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { StoreFailure } from "@ai-gateway-wasm/store";
import { Breaker } from "@ai-gateway-wasm/store/assembly/breaker";
import { Gauge, HttpCallResponse, Status, wallClockSeconds } from "proxy-wasm-as";
import { Embedding } from "../embedding/embedding";
import { EmbeddingService } from "../embedding/embedding-service";
import { CacheKey } from "../key/cache-key";
import { METRIC_NAME, FAILURES, OPEN_MS } from "../names";
import { Trouble } from "../trouble";
import { Entry } from "../vector/entry";
import { Nearest } from "../vector/neighbour";
import { VectorDatabase } from "../vector/vector-database";

// Tags of HTTP calls; those of uploads and of the store begin higher.
export const EMBEDDING_CALL: i32 = 1;
export const SEARCH_CALL: i32 = 2;
export const CLEAN_UP_CALL: i32 = 3;

/** Whether a service was asked. */
export const enum Call {
  /** An answer will come. */
  Sent,
  /** The gateway would not send it. */
  Refused,
  /** One of the services has failed again and again, and is left alone for a while. */
  Spared,
}

/** Who does not answer, in the log. */
export const UPLOADS: string = "semantic cache: upload";

/** Neighbours of questions: who embeds, and who finds what is near. One of them may be missing. */
@final
export class Semantic {
  private readonly uploads: Trouble = new Trouble(UPLOADS);
  private readonly embeddingBreaker: Breaker = serviceBreaker("embedding");
  private readonly searchBreaker: Breaker = serviceBreaker("vector");

  constructor(
    private readonly embedding: EmbeddingService | null,
    private readonly database: VectorDatabase | null,
    private readonly log: PluginLog,
  ) {}

  /** Neither is missing. */
  get isWhole(): bool {
    return this.embedding !== null && this.database !== null;
  }

  /** Asks for the vector of a question. */
  embed(owner: u32, key: CacheKey): Call {
    const service = this.embedding;
    if (service === null || this.database === null || key.semanticText.isEmpty) return Call.Refused;
    // A vector is of no use while nobody can be asked about it.
    if (!this.searchBreaker.lets() || !this.embeddingBreaker.lets()) return Call.Spared;
    const request = service.ask(key.semanticText);
    const status = service.service.send(owner, EMBEDDING_CALL, request);
    return status == Status.Ok ? Call.Sent : refused(this.embeddingBreaker);
  }

  readEmbedding(response: HttpCallResponse): Embedding {
    const service = this.embedding;
    if (service === null) return Embedding.failed("nobody embeds");
    this.embeddingBreaker.note(outcomeOf(response.status));
    return service.read(response.status, response.body());
  }

  /** Looks for the nearest question. */
  search(owner: u32, key: CacheKey, vector: Slice): Call {
    const database = this.database;
    if (database === null) return Call.Refused;
    const request = database.query(vector, key.partitionHex);
    const status = database.service.send(owner, SEARCH_CALL, request);
    return status == Status.Ok ? Call.Sent : refused(this.searchBreaker);
  }

  readNearest(response: HttpCallResponse, key: CacheKey): Nearest {
    const database = this.database;
    if (database === null) return Nearest.failed("nobody searches");
    this.searchBreaker.note(outcomeOf(response.status));
    const now = <i64>wallClockSeconds();
    return database.nearest(response.status, response.body(), key.partitionHex, now);
  }

  /** Nobody waits any more for what was asked: the service is as good as silent. */
  giveUp(isSearch: bool): void {
    (isSearch ? this.searchBreaker : this.embeddingBreaker).note(StoreFailure.Timeout);
  }

  /**
   * Stores an answer by the vector of its question. The root, `owner`, hears what became of it.
   *
   * @returns false: it hears nothing
   */
  upload(owner: u32, tag: i32, key: CacheKey, vector: Slice, answer: Slice): bool {
    const database = this.database;
    if (database === null) return false;
    const now = <i64>wallClockSeconds();
    const entry = new Entry(vector, key.text, answer, key.partitionHex, key.digest, now);
    if (database.service.send(owner, tag, database.upload(entry)) != Status.Ok) {
      this.uploads.tell(this.log, "could not be called");
      return false;
    }
    const cleanUp = database.cleanUp(entry);
    if (cleanUp !== null) database.service.send(owner, CLEAN_UP_CALL, cleanUp);
    return true;
  }

  /** What the operator should know; empty: nothing. */
  get warning(): string {
    const database = this.database;
    return database === null ? "" : database.warning;
  }
}

function serviceBreaker(name: string): Breaker {
  const gauge = new Builder().append(METRIC_NAME).appendByte(0x5f).appendText(name);
  return new Breaker(FAILURES, OPEN_MS, new Gauge(gauge.appendText("_breaker_open").view()));
}

function refused(breaker: Breaker): Call {
  breaker.note(StoreFailure.Dispatch);
  return Call.Refused;
}

/** Errors of whoever asks are quick, and others' questions may be fine; too many calls are not. */
function outcomeOf(status: i32): StoreFailure {
  return status >= 500 || status == 429 ? StoreFailure.Connection : StoreFailure.None;
}
