import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { appendForm, appendSegment } from "@ai-gateway-wasm/kit/percent";
import { readHeaderText, readJsonService, requireText } from "../json-service";
import { Place } from "../place";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readModel, readPath } from "./endpoint";

const API_KEY: Slice = bytes("api-key");
const VECTOR: Place = new Place("data.0.embedding");

/** The embeddings of Azure OpenAI; the model is the name of a deployment. */
@final
export class Azure extends EmbeddingService {
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[Azure] apiKey is required");
    requireText(config, "apiVersion", "[Azure] apiVersion is required");
    const service = readJsonService(config);
    super(service);
    service.header(API_KEY, readHeaderText(config, "apiKey")).jsonHeader();
    this.path = readPath(config, deploymentPath(config));
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject().key("input").text(text);
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  protected override find(answer: JsonValue): Slice | null {
    return vectorOf(VECTOR.read(answer));
  }
}

function deploymentPath(config: ConfigReader): Slice {
  const path = new Builder().appendText("/openai/deployments/");
  appendSegment(path, readModel(config, "text-embedding-ada-002"));
  path.appendText("/embeddings?api-version=");
  return appendForm(path, config.text("apiVersion")).toSlice();
}
