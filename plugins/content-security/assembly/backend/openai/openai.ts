import { JsonWriter, numberOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Backend, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { urlOf } from "../image";
import { readPath, readService, Service } from "../service";
import { parseModeration, ScoreThreshold } from "./answer";
import { ID } from "../../words";

const DEFAULT_PATH: string = "/v1/moderations";
const DEFAULT_MODEL: Slice = bytes("omni-moderation-latest");

/** The moderations API of OpenAI, and of Mistral and others that copy it (content-security.md 8.1). */
@final
export class OpenAiModeration extends Backend {
  private readonly service: Service;
  private readonly path: Slice;
  private readonly model: Slice;
  private readonly thresholds: ScoreThreshold[];

  constructor(config: ConfigReader) {
    const service = readService(config);
    super(service.client);
    service.authorizeBearer(config);
    this.service = service;
    this.path = readPath(config, DEFAULT_PATH);
    this.model = config.text("model", DEFAULT_MODEL);
    this.thresholds = readThresholds(config);
  }

  override get maxChars(): i32 {
    return this.service.maxChars;
  }

  override get knowsImages(): bool {
    return true;
  }

  override get takesParts(): bool {
    return true;
  }

  override ask(question: Question): HttpRequest {
    const json = new JsonWriter().openObject().key("model").text(this.model).key("input");
    const parts = question.parts;
    if (parts.length > 0) {
      json.openArray();
      for (let i = 0; i < parts.length; i++) json.text(parts[i]);
      json.closeArray();
    } else if (!question.isImage) {
      json.text(question.text);
    } else {
      json.openArray().openObject().key("type").string("image_url").key("image_url");
      json.openObject().key("url").text(urlOf(question)).closeObject().closeObject().closeArray();
    }
    return this.service.post(this.path, json.closeObject().toSlice());
  }

  override parse(question: Question, body: Slice): Judgement | null {
    return parseModeration(body, this.thresholds, question.parts.length);
  }

  override requestIdOf(body: Slice): Slice {
    const answer = readObject(body);
    return answer === null ? NO_BYTES : findText(answer, ID);
  }
}

/** `scoreThresholds`: a number between 0 and 1 for each category. */
function readThresholds(config: ConfigReader): ScoreThreshold[] {
  const thresholds: ScoreThreshold[] = [];
  const scores = config.object("scoreThresholds");
  if (scores === null || scores.value.isNull) return thresholds;
  if (!scores.value.isObject) config.refuse("scoreThresholds", "must be an object");
  const cursor = scores.value.entries();
  while (cursor.next()) {
    const score = numberOf(cursor.value);
    if (!cursor.value.isNumber || score < 0 || score > 1) {
      scores.refuse(cursor.key.toString(), "must be a number between 0 and 1");
    }
    thresholds.push(new ScoreThreshold(cursor.key.copy(), score));
  }
  return thresholds;
}
