import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { AUTHORIZATION, bearer, readHeaderText } from "../json-service";
import { Place } from "../place";
import { Entry } from "./entry";
import { ResultLayout } from "./layout";
import { PARTITION } from "./more-fields";
import { Neighbours } from "./neighbour";
import { VectorPolicy, VectorSettings } from "./settings";
import { VectorDatabase } from "./vector-database";

const GRAPHQL: Slice = bytes("/v1/graphql");
const OBJECTS: Slice = bytes("/v1/objects");
const CLASSES: Place = new Place("data.Get");
const LAYOUT: ResultLayout = new ResultLayout(
  "Weaviate",
  "question",
  "_additional.distance",
  "answer",
  "_additional.creationTimeUnix",
);

/** Weaviate; the collection is a class. It knows itself how old an object is. */
@final
export class Weaviate extends VectorDatabase {
  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["collectionID", "serviceName"];
    const settings = new VectorSettings(config, policy, "Weaviate", required);
    super(settings, GRAPHQL, OBJECTS);
    const key = readHeaderText(config, "apiKey");
    settings.service.jsonHeader().header(AUTHORIZATION, bearer(key));
    if (!isClassName(settings.collection)) {
      config.refuse("collectionID", "must be a capital letter, then letters, digits and _");
    }
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    const settings = this.settings;
    const query = new Builder(vector.length + 256).appendText("{ Get { ");
    query.append(settings.collection).appendText(" ( limit: ").appendInteger(k);
    query.appendText(" nearVector: { vector: ").append(vector).appendText(" }");
    if (!filter.isEmpty) appendWhere(query, filter);
    query.appendText(" ) { question answer _additional { distance");
    if (settings.keepsAge) query.appendText(" creationTimeUnix");
    json.key("query").text(query.appendText(" } } } }").view());
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("class").text(this.settings.collection).key("vector").raw(entry.vector);
    json.key("properties").openObject();
    json.key("question").text(text).key("answer").text(entry.answer);
    if (this.settings.filters && !entry.partition.isEmpty) {
      json.key(PARTITION).text(entry.partition);
    }
    json.closeObject();
  }

  protected override read(answer: JsonValue): Neighbours {
    const classes = CLASSES.read(answer);
    if (classes === null) return new Neighbours();
    return LAYOUT.read(classes.get(this.settings.collection));
  }
}

function appendWhere(query: Builder, partition: Slice): void {
  query.appendText(' where: { path: ["partition"] operator: Equal valueText: "');
  query.append(partition).appendText('" }');
}

function isClassName(name: Slice): bool {
  if (<u32>(name.at(0) - 0x41) >= 26) return false;
  for (let i = 1; i < name.length; i++) {
    const byte = name.at(i);
    const isLetter = <u32>((byte | 0x20) - 0x61) < 26;
    if (!isLetter && <u32>(byte - 0x30) >= 10 && byte != 0x5f) return false;
  }
  return true;
}
