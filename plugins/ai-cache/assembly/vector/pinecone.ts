import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
import { readHeaderText } from "../json-service";
import { Place } from "../place";
import { Entry } from "./entry";
import { ResultLayout } from "./layout";
import { PARTITION, writeMoreFields } from "./more-fields";
import { Neighbours } from "./neighbour";
import { VectorPolicy, VectorSettings } from "./settings";
import { VectorDatabase } from "./vector-database";

const API_KEY: Slice = bytes("api-key");
const QUERY: Slice = bytes("/query");
const UPSERT: Slice = bytes("/vectors/upsert");
const RESULTS: Place = new Place("matches");
const LAYOUT: ResultLayout = new ResultLayout(
  "Pinecone",
  "metadata.question",
  "score",
  "metadata.answer",
  "metadata.created_at",
);

/** Pinecone; the collection is a namespace of the index that the host names. */
@final
export class Pinecone extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["serviceHost", "serviceName", "apiKey"];
    const settings = new VectorSettings(config, policy, "Pinecone", required);
    super(settings, QUERY, UPSERT);
    settings.service.jsonHeader().header(API_KEY, readHeaderText(config, "apiKey"));
  }

  protected override get isSimilarity(): bool {
    return true;
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    json.key("namespace").text(this.settings.collection);
    json.key("vector").raw(vector).key("topK").integer(k);
    json.key("includeMetadata").boolean(true).key("includeValues").boolean(false);
    if (filter.isEmpty) return;
    json.key("filter").openObject().key(PARTITION).openObject();
    json.key("$eq").text(filter).closeObject().closeObject();
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("vectors").openArray().openObject().key("id").text(uuidOf(entry.digest, 8));
    json.key("values").raw(entry.vector).key("metadata").openObject();
    json.key("question").text(text).key("answer").text(entry.answer);
    writeMoreFields(json, entry, this.settings);
    json.closeObject().closeObject().closeArray();
    json.key("namespace").text(this.settings.collection);
  }

  protected override read(answer: JsonValue): Neighbours {
    return LAYOUT.read(RESULTS.read(answer));
  }
}
