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

const HOST: Slice = bytes("dashscope.aliyuncs.com");
const PATH: Slice = bytes("/api/v1/services/embeddings/text-embedding/text-embedding");
const VECTOR: Place = new Place("output.embeddings.0.embedding");

/** Text embedding of Alibaba Cloud's model studio. */
@final
export class DashScope extends EmbeddingService {
  private readonly model: Slice;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[DashScope] apiKey is required");
    const service = readJsonService(config, HOST);
    super(service);
    service.header(AUTHORIZATION, bearer(readHeaderText(config, "apiKey"))).jsonHeader();
    this.model = readModel(config, "text-embedding-v2");
    this.path = readPath(config, PATH);
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject().key("model").text(this.model);
    json.key("input").openObject().key("texts").openArray().text(text).closeArray().closeObject();
    json.key("parameters").openObject().key("text_type").string("query").closeObject();
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  protected override find(answer: JsonValue): Slice | null {
    return vectorOf(VECTOR.read(answer));
  }
}
