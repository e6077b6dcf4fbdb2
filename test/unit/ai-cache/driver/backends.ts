import { JsonValue, JsonWriter, parseJson } from "@ai-gateway-wasm/as-json";
import { decodeBase64 } from "@ai-gateway-wasm/ai-cache/assembly/base64";
import { readEmbedding } from "@ai-gateway-wasm/ai-cache/assembly/embedding/embeddings";
import { EmbeddingService } from "@ai-gateway-wasm/ai-cache/assembly/embedding/embedding-service";
import { httpDate } from "@ai-gateway-wasm/ai-cache/assembly/embedding/http-date";
import { JsonService } from "@ai-gateway-wasm/ai-cache/assembly/json-service";
import { readVectorDatabase } from "@ai-gateway-wasm/ai-cache/assembly/vector/databases";
import { Entry } from "@ai-gateway-wasm/ai-cache/assembly/vector/entry";
import { VectorPolicy } from "@ai-gateway-wasm/ai-cache/assembly/vector/settings";
import { VectorDatabase } from "@ai-gateway-wasm/ai-cache/assembly/vector/vector-database";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigErrors, ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Pairs } from "proxy-wasm-as";
import { answer, answerBuilder, answerText, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/*
 * The back ends of the semantic cache, each call with a configuration of its own: argument 0, which
 * holds `embedding` or `vector`.
 */

function readerOf(text: Slice): ConfigReader {
  const document = parseJson(text.copy());
  const empty = parseJson(bytes("{}"));
  return new ConfigReader((document === null ? empty : document) as JsonValue, new ConfigErrors());
}

function embeddingOf(config: ConfigReader): EmbeddingService | null {
  return readEmbedding(config.object("embedding"));
}

function databaseOf(config: ConfigReader): VectorDatabase | null {
  const ttl = config.integer("ttl", 0);
  const policy = new VectorPolicy(!config.flag("lenient"), ttl, config.flag("refreshes"));
  return readVectorDatabase(config.object("vector"), policy);
}

/** What is wrong; else cluster, host, time and the warning of what there is. */
export function configure(): void {
  const reader = readerOf(argument(0));
  const embedding = embeddingOf(reader);
  const database = databaseOf(reader);
  if (reader.errors.any) return answerText(reader.errors.message);
  if (embedding !== null) answerPlace(embedding.service);
  if (database === null) return;
  answerPlace(database.service);
  answerText(database.warning);
}

function answerPlace(service: JsonService): void {
  answer(service.cluster.name);
  answerText(" " + service.cluster.host.toString() + " " + service.timeoutMs.toString() + "\n");
}

/** Text. */
export function embed(): void {
  const service = embeddingOf(readerOf(argument(0)));
  if (service === null) return answer(null);
  answerCall(service.service, service.ask(argument(1)));
}

/** Answer: the vector, or `!` and why there is none. */
export function readVector(status: i32): void {
  const service = embeddingOf(readerOf(argument(0)));
  if (service === null) return answer(null);
  const embedding = service.read(status, argument(1));
  if (!embedding.isMissing) return answer(embedding.vector);
  answerText("!" + embedding.failure);
}

/** Vector, partition. */
export function query(): void {
  const database = databaseOf(readerOf(argument(0)));
  if (database === null) return answer(null);
  answerCall(database.service, database.query(argument(1), argument(2)));
}

/** Vector, question, answer, partition, digest. */
export function upload(createdAt: f64): void {
  const database = databaseOf(readerOf(argument(0)));
  if (database === null) return answer(null);
  answerCall(database.service, database.upload(entryOf(createdAt)));
}

/** The same. No answer: there is no such call. */
export function cleanUp(createdAt: f64): void {
  const database = databaseOf(readerOf(argument(0)));
  const call = database !== null ? database.cleanUp(entryOf(createdAt)) : null;
  if (database === null || call === null) return answer(null);
  answerCall(database.service, call);
}

function entryOf(createdAt: f64): Entry {
  const at = <i64>createdAt;
  return new Entry(argument(1), argument(2), argument(3), argument(4), argument(5), at);
}

/** Answer, partition: what the search came to, as JSON. */
export function nearest(status: i32, now: f64): void {
  const database = databaseOf(readerOf(argument(0)));
  if (database === null) return answer(null);
  const nearest = database.nearest(status, argument(1), argument(2), <i64>now);
  const json = new JsonWriter(0, answerBuilder()).openObject();
  if (nearest.failure.length > 0) {
    json.key("failure").string(nearest.failure);
    if (nearest.isTrouble) json.key("isTrouble").boolean(true);
  } else {
    json.key("text").text(nearest.text).key("answer").text(nearest.answer);
    json.key("score").number(nearest.score).key("isAccepted").boolean(nearest.isAccepted);
  }
  json.closeObject();
}

/** The call as lines, `:method` last but two; an empty line; the body. */
function answerCall(service: JsonService, request: HttpRequest): void {
  const head = request.complete(request.url, service.cluster.host);
  if (head === null) return answerText("cannot be sent");
  const pairs = new Pairs(head);
  for (let i = 0; i < pairs.count; i++) {
    answer(pairs.name(i));
    answerText(": ");
    answer(pairs.value(i));
    answerText("\n");
  }
  answerText("\n");
  answer(request.body);
}

export function fromBase64(): void {
  answer(decodeBase64(argument(0)));
}

export function date(seconds: f64): void {
  answer(httpDate(<i64>seconds));
}
