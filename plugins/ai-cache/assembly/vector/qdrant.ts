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
import { collectionPath, VectorDatabase } from "./vector-database";

const API_KEY: Slice = bytes("api-key");
const RESULTS: Place = new Place("result");
const LAYOUT: ResultLayout = new ResultLayout(
  "Qdrant",
  "payload.question",
  "score",
  "payload.answer",
  "payload.created_at",
  true,
);

/** Qdrant. */
@final
export class Qdrant extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["serviceName", "collectionID"];
    const settings = new VectorSettings(config, policy, "Qdrant", required);
    const points = collectionPath("/collections/", settings.collection, "/points");
    const search = collectionPath("/collections/", settings.collection, "/points/search");
    super(settings, search, points);
    settings.service.jsonHeader().header(API_KEY, readHeaderText(config, "apiKey"));
  }

  protected override get isSimilarity(): bool {
    return true;
  }

  protected override get putsEntries(): bool {
    return true;
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    json.key("vector").raw(vector).key("limit").integer(k).key("with_payload").boolean(true);
    if (filter.isEmpty) return;
    json.key("filter").openObject().key("must").openArray().openObject();
    json.key("key").string(PARTITION).key("match").openObject().key("value").text(filter);
    json.closeObject().closeObject().closeArray().closeObject();
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("points").openArray().openObject().key("id").text(uuidOf(entry.digest, 8));
    json.key("vector").raw(entry.vector).key("payload").openObject();
    json.key("question").text(text).key("answer").text(entry.answer);
    writeMoreFields(json, entry, this.settings);
    json.closeObject().closeObject().closeArray();
  }

  protected override read(answer: JsonValue): Neighbours {
    return LAYOUT.read(RESULTS.read(answer));
  }
}
