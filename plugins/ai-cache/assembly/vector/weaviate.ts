import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
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
/** Objects that are there already are replaced. */
const BATCH: Slice = bytes("/v1/batch/objects");
const CLASSES: Place = new Place("data.Get");
const LAYOUT: ResultLayout = new ResultLayout(
  "Weaviate",
  "question",
  "_additional.distance",
  "answer",
  "_additional.lastUpdateTimeUnix",
);

/** Weaviate; the collection is a class. It knows itself how old objects are. */
@final
export class Weaviate extends VectorDatabase {
  private readonly className: Slice;

  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["collectionID", "serviceName"];
    const settings = new VectorSettings(config, policy, "Weaviate", required);
    super(settings, GRAPHQL, settings.replaces ? BATCH : OBJECTS);
    const key = readHeaderText(config, "apiKey");
    settings.service.jsonHeader().header(AUTHORIZATION, bearer(key));
    this.className = capitalized(settings.collection);
  }

  override get warning(): string {
    if (isClassName(this.className)) return "";
    return "vector.collectionID is no name of a class: nothing is found";
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    const settings = this.settings;
    const query = new Builder(vector.length + 256).appendText("{ Get { ");
    query.append(this.className).appendText(" ( limit: ").appendInteger(k);
    query.appendText(" nearVector: { vector: ").append(vector).appendText(" }");
    if (!filter.isEmpty) appendWhere(query, filter);
    query.appendText(" ) { question answer _additional { distance");
    if (settings.keepsAge) query.appendText(" lastUpdateTimeUnix");
    json.key("query").text(query.appendText(" } } } }").view());
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    const settings = this.settings;
    if (settings.replaces) json.key("objects").openArray().openObject();
    json.key("class").text(this.className);
    if (settings.replaces) json.key("id").text(uuidOf(entry.digest, 8));
    json.key("vector").raw(entry.vector).key("properties").openObject();
    json.key("question").text(text).key("answer").text(entry.answer);
    if (settings.filters && !entry.partition.isEmpty) json.key(PARTITION).text(entry.partition);
    json.closeObject();
    if (settings.replaces) json.closeObject().closeArray();
  }

  protected override read(answer: JsonValue): Neighbours {
    const classes = CLASSES.read(answer);
    if (classes === null) return new Neighbours();
    return LAYOUT.read(classes.get(this.className));
  }
}

function appendWhere(query: Builder, partition: Slice): void {
  query.appendText(' where: { path: ["partition"] operator: Equal valueText: "');
  query.append(partition).appendText('" }');
}

/** As Weaviate itself has it when a class is made: it begins with a capital letter. */
function capitalized(name: Slice): Slice {
  if (<u32>(name.at(0) - 0x61) >= 26) return name;
  const text = new Builder(name.length).appendByte(<u8>(name.at(0) - 0x20));
  return text.append(name.sub(1)).toSlice();
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
