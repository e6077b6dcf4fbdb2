import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Place } from "../place";
import { ModelService } from "./model-service";

const HOST: string = "api.openai.com";
const PATH: string = "/v1/embeddings";
const VECTOR: Place = new Place("data.0.embedding");

/** The embeddings of OpenAI, and of all who speak like it. */
@final
export class OpenAi extends ModelService {
  constructor(config: ConfigReader) {
    super(config, "openAI", HOST, PATH, "text-embedding-3-small", VECTOR);
  }

  protected override write(json: JsonWriter, text: Slice): void {
    json.key("input").text(text).key("model").text(this.model);
  }
}
