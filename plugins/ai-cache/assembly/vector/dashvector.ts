import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
import { readHeaderText } from "../json-service";
import { Place } from "../place";
import { Entry } from "./entry";
import { ResultLayout } from "./layout";
import { writeMoreFields } from "./more-fields";
import { Neighbours } from "./neighbour";
import { VectorPolicy, VectorSettings } from "./settings";
import { collectionPath, VectorDatabase } from "./vector-database";

const TOKEN: Slice = bytes("dashvector-auth-token");
const OK: i32 = 200;
const APOSTROPHE: u8 = 0x27;
const RESULTS: Place = new Place("output");
const LAYOUT: ResultLayout = new ResultLayout(
  "",
  "fields.query",
  "score",
  "fields.answer",
  "fields.created_at",
);

/** DashVector of Alibaba Cloud. */
@final
export class DashVector extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["apiKey", "collectionID", "serviceName", "serviceHost"];
    const settings = new VectorSettings(config, policy, "DashVector", required);
    const search = collectionPath("/v1/collections/", settings.collection, "/query");
    const documents = settings.replaces ? "/docs/upsert" : "/docs";
    super(settings, search, collectionPath("/v1/collections/", settings.collection, documents));
    settings.service.jsonHeader().header(TOKEN, readHeaderText(config, "apiKey"));
  }

  protected override takesStatus(status: i32): bool {
    return status == OK;
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    json.key("vector").raw(vector).key("topk").integer(k).key("include_vector").boolean(false);
    if (!filter.isEmpty) json.key("filter").text(equation(filter));
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("docs").openArray().openObject();
    if (this.settings.replaces) json.key("id").text(uuidOf(entry.digest, 8));
    json.key("vector").raw(entry.vector).key("fields").openObject();
    json.key("answer").text(entry.answer).key("query").text(text);
    writeMoreFields(json, entry, this.settings);
    json.closeObject().closeObject().closeArray();
  }

  protected override read(answer: JsonValue): Neighbours {
    return LAYOUT.read(RESULTS.read(answer));
  }
}

/** `partition = '<digits>'` */
function equation(partition: Slice): Slice {
  const text = new Builder(96).appendText("partition = ").appendByte(APOSTROPHE);
  return text.append(partition).appendByte(APOSTROPHE).view();
}
