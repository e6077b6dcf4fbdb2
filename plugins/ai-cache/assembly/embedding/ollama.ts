import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { readJsonService } from "../json-service";
import { Place } from "../place";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readModel, readPath } from "./endpoint";

const HOST: Slice = bytes("localhost");
const PORT: i32 = 11434;
const PATH: Slice = bytes("/api/embed");
const VECTOR: Place = new Place("embeddings.0");

/** The embeddings of an Ollama, which wants no key. */
@final
export class Ollama extends EmbeddingService {
  private readonly model: Slice;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    super(readJsonService(config, HOST, PORT).jsonHeader());
    this.model = readModel(config, "llama3.2");
    this.path = readPath(config, PATH);
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject().key("input").text(text);
    return this.service.post(this.path, json.key("model").text(this.model).closeObject().toSlice());
  }

  protected override find(answer: JsonValue): Slice | null {
    return vectorOf(VECTOR.read(answer));
  }
}
