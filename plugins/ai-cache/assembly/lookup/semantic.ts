import { Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { HttpCallResponse, Status, wallClockSeconds } from "proxy-wasm-as";
import { Embedding } from "../embedding/embedding";
import { EmbeddingService } from "../embedding/embedding-service";
import { CacheKey } from "../key/cache-key";
import { Trouble } from "../trouble";
import { Entry } from "../vector/entry";
import { Nearest } from "../vector/neighbour";
import { VectorDatabase } from "../vector/vector-database";

// Tags of HTTP calls; those of the store begin higher.
export const EMBEDDING_CALL: i32 = 1;
export const SEARCH_CALL: i32 = 2;
export const UPLOAD_CALL: i32 = 3;
/** The answer is stored nowhere else. */
export const ONLY_UPLOAD_CALL: i32 = 4;
export const CLEAN_UP_CALL: i32 = 5;

/** Who does not answer, in the log. */
export const UPLOADS: string = "semantic cache: upload";

/** Neighbours of questions: who embeds, and who finds what is near. One of them may be missing. */
@final
export class Semantic {
  private readonly uploads: Trouble = new Trouble(UPLOADS);

  constructor(
    private readonly embedding: EmbeddingService | null,
    private readonly database: VectorDatabase | null,
    private readonly log: PluginLog,
  ) {}

  /** Neither is missing. */
  get isWhole(): bool {
    return this.embedding !== null && this.database !== null;
  }

  /** Asks for the vector of a question. False: no answer will come. */
  embed(owner: u32, key: CacheKey): bool {
    const service = this.embedding;
    if (service === null || this.database === null || key.semanticText.isEmpty) return false;
    const request = service.ask(key.semanticText);
    return service.service.send(owner, EMBEDDING_CALL, request) == Status.Ok;
  }

  readEmbedding(response: HttpCallResponse): Embedding {
    const service = this.embedding;
    if (service === null) return Embedding.failed("nobody embeds");
    return service.read(response.status, response.body());
  }

  /** Looks for the nearest question. False: no answer will come. */
  search(owner: u32, key: CacheKey, vector: Slice): bool {
    const database = this.database;
    if (database === null) return false;
    const request = database.query(vector, key.partitionHex);
    return database.service.send(owner, SEARCH_CALL, request) == Status.Ok;
  }

  readNearest(response: HttpCallResponse, key: CacheKey): Nearest {
    const database = this.database;
    if (database === null) return Nearest.failed("nobody searches");
    const now = <i64>wallClockSeconds();
    return database.nearest(response.status, response.body(), key.partitionHex, now);
  }

  /** Stores an answer by the vector of its question. The root, `owner`, hears what became of it. */
  upload(owner: u32, tag: i32, key: CacheKey, vector: Slice, answer: Slice): void {
    const database = this.database;
    if (database === null) return;
    const now = <i64>wallClockSeconds();
    const entry = new Entry(vector, key.text, answer, key.partitionHex, key.digest, now);
    if (database.service.send(owner, tag, database.upload(entry)) != Status.Ok) {
      this.uploads.tell(this.log, "could not be called");
      return;
    }
    const cleanUp = database.cleanUp(entry);
    if (cleanUp !== null) database.service.send(owner, CLEAN_UP_CALL, cleanUp);
  }

  /** What the operator should know; empty: nothing. */
  get warning(): string {
    const database = this.database;
    return database === null ? "" : database.warning;
  }
}
