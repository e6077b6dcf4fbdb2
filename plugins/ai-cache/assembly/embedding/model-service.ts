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

/** A service that has one path for all models, and a bearer key. */
export abstract class ModelService extends EmbeddingService {
  protected readonly model: Slice;
  private readonly path: Slice;

  /**
   * @param name of the service in the peer's messages
   * @param model what it is asked for when nobody says which
   * @param vector where the vector stands in an answer
   */
  constructor(
    config: ConfigReader,
    name: string,
    host: string,
    path: string,
    model: string,
    private readonly vector: Place,
  ) {
    requireText(config, "apiKey", "[" + name + "] apiKey is required");
    const service = readJsonService(config, bytes(host));
    super(service);
    service.header(AUTHORIZATION, bearer(readHeaderText(config, "apiKey"))).jsonHeader();
    this.model = readModel(config, model);
    this.path = readPath(config, bytes(path));
  }

  override ask(text: Slice): HttpRequest {
    const json = new JsonWriter().openObject();
    this.write(json, text);
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  /** The members of the body that asks for the vector of a text. */
  protected abstract write(json: JsonWriter, text: Slice): void;

  protected override find(answer: JsonValue): Slice | null {
    return vectorOf(this.vector.read(answer));
  }
}
