import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { appendSegments } from "@ai-gateway-wasm/kit/percent";
import {
  AUTHORIZATION,
  bearer,
  readHeaderText,
  readJsonService,
  requireText,
} from "../json-service";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readModel, readPath } from "./endpoint";

const HOST: Slice = bytes("api-inference.huggingface.co");

/** Feature extraction at Hugging Face, or at a server of text-embeddings-inference. */
@final
export class HuggingFace extends EmbeddingService {
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "apiKey", "[HuggingFace] hfTokens is required");
    const service = readJsonService(config, HOST);
    super(service);
    service.header(AUTHORIZATION, bearer(readHeaderText(config, "apiKey"))).jsonHeader();
    this.path = readPath(config, pipelinePath(config));
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject().key("inputs").text(text);
    json.key("options").openObject().key("wait_for_model").boolean(true).closeObject();
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  /** The whole answer is the vector, or a list of one. */
  protected override find(answer: JsonValue): Slice | null {
    const first = answer.item(0);
    if (first === null || !first.isArray) return vectorOf(answer);
    return answer.count() == 1 ? vectorOf(first) : null;
  }
}

/** The slash between the owner of a model and its name stays. */
function pipelinePath(config: ConfigReader): Slice {
  const path = new Builder().appendText("/pipeline/feature-extraction/");
  const model = readModel(config, "sentence-transformers/all-MiniLM-L6-v2");
  return appendSegments(path, model).toSlice();
}
