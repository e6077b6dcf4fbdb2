import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { appendSegment } from "@ai-gateway-wasm/kit/percent";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
import { formOf } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/request";
import {
  AccessKey,
  authorization,
  canonicalRequest,
  hexSha256,
  SortedPairs,
} from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/signature";
import { utcDate } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/stamp";
import { answer, answerText, argument } from "../../json/driver/frame";
import { questionOf } from "./asking";

/* The parts of a call to Alibaba Cloud, one operation each. */

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
  answer(appendSegment(new Builder(), argument(0)).view());
}

export function date(seconds: f64): void {
  answer(utcDate(<i64>seconds));
}

export function version4(): void {
  answer(uuidOf(argument(0), 4));
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
