import { integerOf, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { readHeaderText, readJsonService, requireText } from "../json-service";
import { Place } from "../place";
import { vectorOf } from "./embedding";
import { EmbeddingService } from "./embedding-service";
import { readPath } from "./endpoint";

const HOST: Slice = bytes("api.textin.com");
const PATH: Slice = bytes("/ai/service/v1/acge_embedding");
const APP_ID: Slice = bytes("x-ti-app-id");
const SECRET_CODE: Slice = bytes("x-ti-secret-code");
const CODE: Slice = bytes("code");
const SUCCESS: i64 = 200;
const VECTOR: Place = new Place("result.embedding.0");

/** The embeddings of TextIn, as long as `textinMatryoshkaDim` says. */
@final
export class TextIn extends EmbeddingService {
  private readonly dimension: i64;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    requireText(config, "textinAppId", "textinAppId is required");
    requireText(config, "textinSecretCode", "textinSecretCode is required");
    const dimension = config.integer("textinMatryoshkaDim", 0, 0, i32.MAX_VALUE);
    if (dimension == 0) {
      config.refuse("textinMatryoshkaDim", "embedding service TextIn Matryoshka Dim is required");
    }
    const service = readJsonService(config, HOST);
    super(service);
    service.header(APP_ID, readHeaderText(config, "textinAppId"));
    service.header(SECRET_CODE, readHeaderText(config, "textinSecretCode")).jsonHeader();
    this.dimension = dimension;
    this.path = readPath(config, PATH);
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject();
    json.key("input").openArray().text(text).closeArray();
    json.key("matryoshka_dim").integer(this.dimension);
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  /** An error has status 200, too, and a code of its own. */
  protected override find(answer: JsonValue): Slice | null {
    const code = answer.get(CODE);
    if (code !== null && integerOf(code) != SUCCESS) return null;
    return vectorOf(VECTOR.read(answer));
  }
}
