import { JsonValue, JsonWriter, parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Backend, Phase, Question } from "@ai-gateway-wasm/content-security/assembly/judge/backend";
import { Judgement } from "@ai-gateway-wasm/content-security/assembly/judge/judgement";
import { Thresholds } from "@ai-gateway-wasm/content-security/assembly/judge/thresholds";
import { ConfigErrors, ConfigReader } from "@ai-gateway-wasm/kit";
import { parseUrl } from "@ai-gateway-wasm/kit/assembly/url";
import { Pairs } from "proxy-wasm-as";
import { answer, answerBuilder, answerText, argument } from "../../json/driver/frame";

/* What the drivers of all back ends have in common. */

/** A reader for a JSON object. */
export function readerOf(text: Slice): ConfigReader {
  const document = parseJson(text.copy());
  const empty = parseJson(bytes("{}"));
  return new ConfigReader((document === null ? empty : document) as JsonValue, new ConfigErrors());
}

/**
 * Arguments from `first`: text, prompt, service of one consumer (empty: none).
 *
 * @param kind 0 text, 1 URL, 2 base64
 */
export function questionOf(first: i32, phase: i32, kind: i32): Question {
  const question = new Question(phase as Phase, argument(first), bytes("0123456789abcdef0123"));
  question.prompt = argument(first + 1);
  const service = argument(first + 2);
  question.service = service.isEmpty ? null : service;
  question.isImage = kind > 0;
  question.isBase64 = kind == 2;
  return question;
}

/** The call as lines, `:method` last but two; an empty line; the body. */
export function answerCall(backend: Backend, question: Question): void {
  const request = backend.ask(question);
  const url = parseUrl(request.url);
  if (url === null) return answerText("no URL");
  const head = request.complete(url.path, backend.client.cluster.host);
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

/** The judgement of the answer in an argument as JSON; null: a failure. */
export function answerJudgement(judgement: Judgement | null): void {
  if (judgement === null) return answer(null);
  const json = new JsonWriter(0, answerBuilder()).openObject();
  member(json, "requestId", judgement.requestId);
  member(json, "risk", judgement.risk);
  member(json, "attack", judgement.attack);
  member(json, "label", judgement.label);
  member(json, "words", judgement.words);
  member(json, "message", judgement.message);
  const masked = judgement.masked;
  if (masked !== null) json.key("masked").text(masked);
  json.key("findings").openArray();
  for (let i = 0; i < judgement.findings.length; i++) {
    const finding = judgement.findings[i];
    json.openArray().integer(finding.dimension).text(finding.type).text(finding.level);
    json.boolean(finding.canMask).closeArray();
  }
  json.closeArray().closeObject();
}

function member(json: JsonWriter, name: string, value: Slice): void {
  if (!value.isEmpty) json.key(name).text(value);
}

/** Bars of all dimensions, and of the whole. @param mask sensitive data is to be masked */
export function thresholdsOf(bar: i32, mask: bool): Thresholds {
  const thresholds = new Thresholds();
  thresholds.bars.fill(bar);
  thresholds.riskBar = bar;
  thresholds.riskAction = mask ? 2 : 1;
  return thresholds;
}
