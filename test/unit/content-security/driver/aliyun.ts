import { Slice } from "@ai-gateway-wasm/bytes";
import { Aliyun } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/aliyun";
import { parseAnswer } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/answer";
import { percentEncode } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/encoding";
import { formOf } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/request";
import {
  AccessKey,
  authorization,
  canonicalRequest,
  hexSha256,
  SortedPairs,
} from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/signature";
import { utcDate, uuid } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/stamp";
import { answer, answerText, argument } from "../../json/driver/frame";
import { answerCall, answerJudgement, questionOf, readerOf, thresholdsOf } from "./asking";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** Id, secret, method, body, parameters and headers as lines `name value`: hash | authorization. */
export function sign(): void {
  const key = new AccessKey(argument(0), argument(1));
  const payloadHash = hexSha256(argument(3));
  const query = pairsOf(argument(4));
  const headers = pairsOf(argument(5));
  answer(hexSha256(canonicalRequest(argument(2), query, headers, payloadHash)));
  answerText("|");
  answer(authorization(key, argument(2), query, headers, payloadHash));
}

export function canonical(): void {
  const query = pairsOf(argument(0));
  answer(canonicalRequest(argument(1), query, pairsOf(argument(2)), hexSha256(argument(3))));
}

export function form(kind: i32): void {
  answer(formOf(questionOf(0, 0, kind)));
}

export function percent(): void {
  answer(percentEncode(argument(0)));
}

export function date(seconds: f64): void {
  answer(utcDate(<i64>seconds));
}

export function version4(): void {
  answer(uuid(argument(0)));
}

/** Argument 0 as an answer. */
export function parse(): void {
  answerJudgement(parseAnswer(argument(0)));
}

/** The configuration in argument 0: what is wrong with it. */
export function configure(): void {
  const reader = readerOf(argument(0));
  const aliyun = new Aliyun(reader);
  answerText(reader.errors.message);
  if (!reader.errors.any) {
    answerText(aliyun.client.cluster.name.toString() + " " + aliyun.client.timeoutMs.toString());
    answerText(aliyun.submitsEmpty ? " submits" : " silent");
  }
}

/** The same, then text, prompt and service: the call, or that it does not judge. */
export function ask(phase: i32, kind: i32): void {
  const aliyun = new Aliyun(readerOf(argument(0)));
  const question = questionOf(1, phase, kind);
  if (!aliyun.judges(question)) return answerText("does not judge");
  answerCall(aliyun, question);
}

/** Configuration and answer: the verdict with these bars. */
export function verdict(bar: i32, mask: bool): void {
  const aliyun = new Aliyun(readerOf(argument(0)));
  const judgement = aliyun.parse(questionOf(2, 0, 0), argument(1));
  if (judgement === null) return answer(null);
  answerText((aliyun.verdict(judgement, thresholdsOf(bar, mask)) as i32).toString());
}

export function requestId(): void {
  answer(new Aliyun(readerOf(argument(0))).requestIdOf(argument(1)));
}

function pairsOf(lines: Slice): SortedPairs {
  const pairs = new SortedPairs();
  let from = 0;
  while (from < lines.length) {
    let end = lines.indexOf(0x0a, from);
    if (end < 0) end = lines.length;
    const blank = lines.indexOf(0x20, from);
    pairs.add(lines.sub(from, blank), lines.sub(blank + 1, end));
    from = end + 1;
  }
  return pairs;
}
