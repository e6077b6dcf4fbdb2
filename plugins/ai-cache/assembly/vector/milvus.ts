import { Escape, escape, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { wallClockSeconds } from "proxy-wasm-as";
import { AUTHORIZATION, bearer, readHeaderText } from "../json-service";
import { Place } from "../place";
import { Entry } from "./entry";
import { ResultLayout } from "./layout";
import { CREATED_AT, writeMoreFields } from "./more-fields";
import { Neighbours } from "./neighbour";
import { markedText } from "./partition";
import { VectorPolicy, VectorSettings } from "./settings";
import { VectorDatabase } from "./vector-database";

const SEARCH: Slice = bytes("/v2/vectordb/entities/search");
const INSERT: Slice = bytes("/v2/vectordb/entities/insert");
const DELETE: Slice = bytes("/v2/vectordb/entities/delete");
const QUOTE: u8 = 0x22;
const RESULTS: Place = new Place("data");
const LAYOUT: ResultLayout = new ResultLayout(
  "Milvus",
  "question",
  "distance",
  "answer",
  "created_at",
);

/**
 * Milvus. It refuses fields that a collection does not know, so entries have the time of their birth
 * only where the collection is made for fields of ours, which `partitionMode: filter` says.
 */
@final
export class Milvus extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["serviceName", "collectionID"];
    const settings = new VectorSettings(config, policy, "Milvus", required);
    super(settings, SEARCH, INSERT);
    const key = readHeaderText(config, "apiKey");
    settings.service.jsonHeader().header(AUTHORIZATION, bearer(key));
  }

  protected override get isSimilarity(): bool {
    return true;
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    const settings = this.settings;
    json.key("collectionName").text(settings.collection);
    json.key("data").openArray().raw(vector).closeArray();
    json.key("annsField").string("vector").key("limit").integer(k);
    json.key("outputFields").openArray().string("question").string("answer");
    const isDated = settings.filters && settings.keepsAge;
    if (isDated) json.string(CREATED_AT);
    json.closeArray();
    const condition = new Builder(128);
    if (!filter.isEmpty) appendEquation(condition, filter);
    if (isDated) {
      if (condition.length > 0) condition.appendText(" and ");
      condition.appendText(CREATED_AT).appendText(" > ").appendInteger(this.oldest);
    }
    if (condition.length > 0) json.key("filter").text(condition.view());
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("collectionName").text(this.settings.collection);
    json.key("data").openArray().openObject().key("vector").raw(entry.vector);
    json.key("question").text(text).key("answer").text(entry.answer);
    if (this.settings.filters) writeMoreFields(json, entry, this.settings);
    json.closeObject().closeArray();
  }

  /**
   * Ids are Milvus's own, and an upsert wants to know them: older entries of the question are deleted
   * by what they say. The order of the two calls does not matter.
   */
  override cleanUp(entry: Entry): HttpRequest | null {
    const settings = this.settings;
    if (!settings.filters || !settings.keepsAge || !settings.policy.refreshes) return null;
    const text = markedText(entry.question, entry.partition);
    const condition = new Builder(text.length + 64).appendText("question == ").appendByte(QUOTE);
    condition.append(escape(text, Escape.Plain)).appendByte(QUOTE);
    condition.appendText(" and ").appendText(CREATED_AT).appendText(" < ");
    condition.appendInteger(entry.createdAt);
    const json = new JsonWriter().openObject().key("collectionName").text(settings.collection);
    json.key("filter").text(condition.view());
    return this.service.post(DELETE, json.closeObject().toSlice());
  }

  /** Entries from then on or before are too old. */
  private get oldest(): i64 {
    return wallClockSeconds() - this.settings.policy.ttlSeconds;
  }

  protected override read(answer: JsonValue): Neighbours {
    return LAYOUT.read(RESULTS.read(answer));
  }
}

/** `partition == "<digits>"` */
function appendEquation(out: Builder, partition: Slice): void {
  out.appendText("partition == ").appendByte(QUOTE).append(partition).appendByte(QUOTE);
}
