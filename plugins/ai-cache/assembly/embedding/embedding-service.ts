import { JsonValue, parseJson } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { JsonService } from "../json-service";
import { Embedding } from "./embedding";

const OK: i32 = 200;

/** A service that turns texts into vectors (ai-cache.md, Annex B). Belongs to a configuration. */
export abstract class EmbeddingService {
  /** @param service where it is, with all headers of its calls */
  constructor(readonly service: JsonService) {}

  /** The call that asks for the vector of a text, to be sent by `service`. @param text not empty */
  abstract ask(text: Slice): HttpRequest;

  /** What an answer says. @param body a view is enough, what stays is copied */
  read(status: i32, body: Slice): Embedding {
    if (status != OK) return Embedding.failed("status " + status.toString());
    const answer = parseJson(body);
    if (answer === null) return Embedding.failed("the answer is not JSON");
    const vector = this.find(answer);
    return vector === null ? Embedding.failed("no embedding in the answer") : Embedding.of(vector);
  }

  /** The vector in an answer as a JSON array of numbers, kept; null: it has none. */
  protected abstract find(answer: JsonValue): Slice | null;
}
