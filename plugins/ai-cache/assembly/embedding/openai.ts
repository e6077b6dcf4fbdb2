import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import {
  AUTHORIZATION,
  bearer,
  readHeaderText,
  readJsonService,
  requireText,
} from "../json-service";
import { Place } from "../place";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readModel, readPath } from "./endpoint";

const HOST: Slice = bytes("api.openai.com");
const PATH: Slice = bytes("/v1/embeddings");
const VECTOR: Place = new Place("data.0.embedding");

/** The embeddings of OpenAI, and of all who speak like it. */
@final
export class OpenAi extends EmbeddingService {
  private readonly model: Slice;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[openAI] apiKey is required");
    const service = readJsonService(config, HOST);
    super(service);
    service.header(AUTHORIZATION, bearer(readHeaderText(config, "apiKey"))).jsonHeader();
    this.model = readModel(config, "text-embedding-3-small");
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
