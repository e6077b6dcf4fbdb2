import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { AUTHORIZATION, readHeaderText, readJsonService, requireText } from "../json-service";
import { Place } from "../place";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readModel, readPath } from "./endpoint";

const HOST: Slice = bytes("api.cohere.com");
const PATH: Slice = bytes("/v2/embed");
const VECTOR: Place = new Place("embeddings.float.0");

/** The embeddings of Cohere. */
@final
export class Cohere extends EmbeddingService {
  private readonly model: Slice;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[Cohere] apiKey is required");
    const service = readJsonService(config, HOST);
    super(service);
    const key = readHeaderText(config, "apiKey");
    const authorization = new Builder().appendText("BEARER ").append(key); // as the peer spells it
    service.header(AUTHORIZATION, authorization.toSlice()).jsonHeader();
    this.model = readModel(config, "embed-english-v2.0");
    this.path = readPath(config, PATH);
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject();
    json.key("texts").openArray().text(text).closeArray();
    json.key("model").text(this.model).key("input_type").string("search_document");
    json.key("embedding_types").openArray().string("float").closeArray();
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  protected override find(answer: JsonValue): Slice | null {
    return vectorOf(VECTOR.read(answer));
  }
}
