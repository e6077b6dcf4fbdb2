import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
import { encodeBase64 } from "@ai-gateway-wasm/store/assembly/remote/base64";
import { AUTHORIZATION, readHeaderText } from "../json-service";
import { Place } from "../place";
import { Entry } from "./entry";
import { ResultLayout } from "./layout";
import { PARTITION, writeMoreFields } from "./more-fields";
import { Neighbours } from "./neighbour";
import { VectorPolicy, VectorSettings } from "./settings";
import { collectionPath, VectorDatabase } from "./vector-database";

const COLON: u8 = 0x3a;
const SLASH: u8 = 0x2f;
const RESULTS: Place = new Place("hits.hits");
const LAYOUT: ResultLayout = new ResultLayout(
  "",
  "_source.question",
  "_score",
  "_source.answer",
  "_source.created_at",
);

/** Elasticsearch; the collection is an index whose field `embedding` holds dense vectors. */
@final
export class Elasticsearch extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const settings = new VectorSettings(config, policy, "ES", ["collectionID", "serviceName"]);
    const search = collectionPath("/", settings.collection, "/_search");
    super(settings, search, collectionPath("/", settings.collection, "/_doc"));
    settings.service.jsonHeader().header(AUTHORIZATION, authorizationOf(config));
  }

  protected override get isSimilarity(): bool {
    return true;
  }

  protected override uploadPath(entry: Entry): Slice {
    const documents = super.uploadPath(entry);
    if (!this.settings.replaces) return documents;
    const path = new Builder().append(documents).appendByte(SLASH);
    return path.append(uuidOf(entry.digest, 8)).view();
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    json.key("_source").openObject().key("excludes").openArray().string("embedding");
    json.closeArray().closeObject();
    json.key("knn").openObject().key("field").string("embedding");
    json.key("query_vector").raw(vector).key("k").integer(k);
    if (!filter.isEmpty) {
      json.key("filter").openObject().key("term").openObject();
      json.key(PARTITION).text(filter).closeObject().closeObject();
    }
    json.closeObject().key("size").integer(k);
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("embedding").raw(entry.vector);
    json.key("question").text(text).key("answer").text(entry.answer);
    writeMoreFields(json, entry, this.settings);
  }

  protected override read(answer: JsonValue): Neighbours {
    return LAYOUT.read(RESULTS.read(answer));
  }
}

/** A key, else a user and a password. */
function authorizationOf(config: ConfigReader): Slice {
  const key = readHeaderText(config, "apiKey");
  if (!key.isEmpty) return new Builder().appendText("ApiKey ").append(key).toSlice();
  const pair = new Builder().append(config.text("esUsername")).appendByte(COLON);
  const basic = encodeBase64(pair.append(config.text("esPassword")).view());
  return new Builder().appendText("Basic ").append(basic).toSlice();
}
