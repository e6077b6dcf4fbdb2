import { JsonValue, JsonWriter, parseJson } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { appendSegment } from "@ai-gateway-wasm/kit/percent";
import { JsonService } from "../json-service";
import { Entry } from "./entry";
import { NO_RESULTS } from "./layout";
import { Nearest, Neighbour, Neighbours } from "./neighbour";
import { findQuestion, markedText } from "./partition";
import { VectorSettings } from "./settings";

/** How many results to look through for one of the same partition. */
const RESULTS_TO_SEARCH: i32 = 5;

/**
 * A database that finds the stored question whose vector is nearest (ai-cache.md, Annex C). Belongs
 * to a configuration.
 */
export abstract class VectorDatabase {
  constructor(
    protected readonly settings: VectorSettings,
    private readonly searchPath: Slice,
    private readonly entryPath: Slice,
  ) {}

  /** Where it is; sends what `query` and `upload` make. */
  get service(): JsonService {
    return this.settings.service;
  }

  /** What whoever configured this should be warned about; empty: nothing. */
  get warning(): string {
    const threshold = this.settings.threshold;
    if (!this.canAccept) {
      return "vector.threshold is not set: scores of this database grow with similarity, nothing is accepted";
    }
    if (!this.isSimilarity || !threshold.isConfigured || !threshold.hasNoRelation) return "";
    return "vector.thresholdRelation is not set: scores of this database grow with similarity, and lt accepts what is unlike";
  }

  /** The search. @param partition 64 hexadecimal digits; no bytes: none */
  query(vector: Slice, partition: Slice): HttpRequest {
    const settings = this.settings;
    const filter = settings.filters ? partition : NO_BYTES;
    const k = settings.topK;
    const json = new JsonWriter().openObject();
    const isFound = partition.isEmpty || settings.filters;
    this.writeQuery(json, vector, isFound ? k : max(k, RESULTS_TO_SEARCH), filter);
    return this.service.post(this.searchPath, json.closeObject().toSlice());
  }

  /** The call that stores an entry; its answer says nothing. */
  upload(entry: Entry): HttpRequest {
    const json = new JsonWriter().openObject();
    this.writeEntry(json, entry, markedText(entry.question, entry.partition));
    const body = json.closeObject().toSlice();
    const path = this.uploadPath(entry);
    return this.putsEntries ? this.service.put(path, body) : this.service.post(path, body);
  }

  /** The call that takes away what an uploaded entry takes the place of; null: its upload does. */
  cleanUp(_entry: Entry): HttpRequest | null {
    return null;
  }

  /** What the answer to a search says. @param now seconds since 1970 */
  nearest(status: i32, body: Slice, partition: Slice, now: i64): Nearest {
    if (!this.takesStatus(status)) return Nearest.failed("status " + status.toString());
    const answer = parseJson(body);
    if (answer === null) return Nearest.failed("the answer is not JSON");
    const found = this.read(answer);
    if (found.list.length == 0) {
      // Those that look at no status say in it why there is nothing.
      return status < 400 ? Nearest.none(NO_RESULTS) : Nearest.failed(NO_RESULTS);
    }
    // Without a partition nothing but the best result counts, as with the peer.
    const count = partition.isEmpty ? 1 : found.list.length;
    for (let i = 0; i < count; i++) {
      const neighbour = found.list[i];
      if (isNaN(neighbour.score)) continue;
      const question = findQuestion(neighbour.text, partition);
      if (question === null || this.isOld(neighbour, now)) continue;
      return this.judge(neighbour, question);
    }
    return found.failure.length > 0 ? Nearest.failed(found.failure) : Nearest.none(NO_RESULTS);
  }

  /** Larger scores are nearer, at least with the metric that most collections have. */
  protected get isSimilarity(): bool {
    return false;
  }

  /** Entries are stored with PUT. */
  protected get putsEntries(): bool {
    return false;
  }

  /** Whether an answer with this status is read at all. */
  protected takesStatus(_status: i32): bool {
    return true;
  }

  protected uploadPath(_entry: Entry): Slice {
    return this.entryPath;
  }

  /** The members of the body of a search. @param filter the partition to ask for; no bytes: any */
  protected abstract writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void;

  /** The members of the body that stores an entry. @param text its question as it is stored */
  protected abstract writeEntry(json: JsonWriter, entry: Entry, text: Slice): void;

  /** The results in an answer, in their order. */
  protected abstract read(answer: JsonValue): Neighbours;

  private get canAccept(): bool {
    const settings = this.settings;
    if (!this.isSimilarity || !settings.policy.requiresThreshold) return true;
    return settings.threshold.isConfigured;
  }

  private judge(neighbour: Neighbour, question: Slice): Nearest {
    const score = neighbour.score;
    const isAccepted = this.canAccept && this.settings.threshold.accepts(score);
    const answer = neighbour.answer.kept();
    const nearest = new Nearest(question.kept(), answer, score, isAccepted, "");
    nearest.createdAt = neighbour.createdAt;
    return nearest;
  }

  private isOld(neighbour: Neighbour, now: i64): bool {
    const settings = this.settings;
    if (!settings.keepsAge || neighbour.createdAt == 0) return false;
    return neighbour.createdAt + settings.policy.ttlSeconds <= now;
  }
}

/** `<before><collection><after>`, the collection percent-encoded. */
export function collectionPath(before: string, collection: Slice, after: string): Slice {
  const path = appendSegment(new Builder().appendText(before), collection);
  return path.appendText(after).toSlice();
}
