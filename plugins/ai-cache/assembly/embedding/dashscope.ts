import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Place } from "../place";
import { ModelService } from "./model-service";

const HOST: string = "dashscope.aliyuncs.com";
const PATH: string = "/api/v1/services/embeddings/text-embedding/text-embedding";
const VECTOR: Place = new Place("output.embeddings.0.embedding");

/** Text embedding of Alibaba Cloud's model studio. */
@final
export class DashScope extends ModelService {
  constructor(config: ConfigReader) {
    super(config, "DashScope", HOST, PATH, "text-embedding-v2", VECTOR);
  }

  protected override write(json: JsonWriter, text: Slice): void {
    json.key("model").text(this.model);
    json.key("input").openObject().key("texts").openArray().text(text).closeArray().closeObject();
    json.key("parameters").openObject().key("text_type").string("query").closeObject();
  }
}
