import { JsonCursor, JsonType, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields } from "@ai-gateway-wasm/kit";
import { appendSegment } from "@ai-gateway-wasm/kit/percent";
import { orElse } from "../json-service";
import { Entry } from "./entry";
import { isText, NO_RESULTS, scoreOf, secondsOf, textOrNone } from "./layout";
import { CREATED_AT, PARTITION, writeMoreFields } from "./more-fields";
import { Neighbour, Neighbours } from "./neighbour";
import { VectorPolicy, VectorSettings } from "./settings";
import { collectionPath, VectorDatabase } from "./vector-database";

const IDS: Slice = bytes("ids");
const DISTANCES: Slice = bytes("distances");
const DOCUMENTS: Slice = bytes("documents");
const METADATAS: Slice = bytes("metadatas");
const BIRTH: Slice = bytes(CREATED_AT);
const NO_COLUMN: JsonValue = new JsonValue(JsonType.Null, 0, 0, null);
const API_VERSIONS: string[] = ["v1", "v2"];

/** Chroma; the question is the id of an entry. Servers since 1.0 know only `apiVersion: v2`. */
@final
export class Chroma extends VectorDatabase {
  private readonly isSecond: bool;

  constructor(config: ConfigReader, policy: VectorPolicy) {
    const required = ["collectionID", "serviceName"];
    const settings = new VectorSettings(config, policy, "Chroma", required);
    const isSecond = new OwnFields(config).choice("apiVersion", API_VERSIONS, 0) == 1;
    const base = isSecond ? databasePath(config) : "/api/v1/collections/";
    // An id that is known is not added again.
    const records = collectionPath(
      base,
      settings.collection,
      settings.replaces ? "/upsert" : "/add",
    );
    super(settings, collectionPath(base, settings.collection, "/query"), records);
    settings.service.jsonHeader();
    this.isSecond = isSecond;
  }

  protected override writeQuery(json: JsonWriter, vector: Slice, k: i32, filter: Slice): void {
    json.key("query_embeddings").openArray().raw(vector).closeArray();
    json.key(this.isSecond ? "n_results" : "limit").integer(k);
    json.key("include").openArray().string("distances").string("documents");
    if (this.settings.keepsAge) json.string("metadatas");
    json.closeArray();
    if (filter.isEmpty) return;
    json.key("where").openObject().key(PARTITION).text(filter).closeObject();
  }

  protected override writeEntry(json: JsonWriter, entry: Entry, text: Slice): void {
    json.key("embeddings").openArray().raw(entry.vector).closeArray();
    json.key("documents").openArray().text(entry.answer).closeArray();
    json.key("ids").openArray().text(text).closeArray();
    const isFiltered = this.settings.filters && !entry.partition.isEmpty;
    if (!isFiltered && !this.settings.keepsAge) return;
    json.key("metadatas").openArray().openObject();
    writeMoreFields(json, entry, this.settings);
    json.closeObject().closeArray();
  }

  /** Results are spread over lists of lists: one list for each vector asked for, and that is one. */
  protected override read(answer: JsonValue): Neighbours {
    const neighbours = new Neighbours();
    const ids = columnOf(answer, IDS);
    const distances = columnOf(answer, DISTANCES);
    const documents = columnOf(answer, DOCUMENTS);
    const metadatas = columnOf(answer, METADATAS);
    while (!neighbours.isFull && ids.next()) {
      const id = ids.value;
      const score = scoreOf(nextOf(distances));
      const document = nextOf(documents);
      const metadata = nextOf(metadatas);
      if (!id.isString || isNaN(score) || !isText(document)) {
        neighbours.addBroken(NO_RESULTS);
        continue;
      }
      const neighbour = new Neighbour(textOrNone(id), score, textOrNone(document));
      if (metadata !== null) neighbour.createdAt = secondsOf(metadata.get(BIRTH));
      neighbours.add(neighbour);
    }
    return neighbours;
  }
}

function databasePath(config: ConfigReader): string {
  const path = new Builder().appendText("/api/v2/tenants/");
  appendSegment(path, orElse(config.text("tenant"), bytes("default_tenant")));
  appendSegment(
    path.appendText("/databases/"),
    orElse(config.text("database"), bytes("default_database")),
  );
  return path.appendText("/collections/").view().toString();
}

/** The first list in a list of lists; none where it is something else. */
function columnOf(answer: JsonValue, name: Slice): JsonCursor {
  const lists = answer.get(name);
  if (lists === null) return NO_COLUMN.entries();
  const first = lists.item(0);
  return first !== null && first.isArray ? first.entries() : NO_COLUMN.entries();
}

function nextOf(cursor: JsonCursor): JsonValue | null {
  return cursor.next() ? cursor.value : null;
}
