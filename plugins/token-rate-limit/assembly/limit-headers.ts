import { Builder, digits, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { BucketState } from "@ai-gateway-wasm/store";
import { CALENDAR_MONTH } from "@ai-gateway-wasm/store/buckets";
import {
  DRAFT_LIMIT,
  DRAFT_POLICY,
  OPENAI_LIMIT,
  OPENAI_REMAINING,
  OPENAI_RESET,
  RESET_HEADER,
  RETRY_AFTER,
} from "./names";
import { Matched } from "./rules";

/** Which headers tell clients about their limits; the order of `STYLES`. */
export const enum HeaderStyle {
  None,
  OpenAi,
  /** draft-ietf-httpapi-ratelimit-headers-10. */
  Draft,
}

const STYLES: string[] = ["none", "openai", "draft"];
const COMMA: u8 = 0x2c;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;

/** Reads `response_headers`; `show_limit_quota_header: true` means `openai` where it is not set. */
export function readHeaderStyle(config: ConfigReader): HeaderStyle {
  const fallback = config.flag("show_limit_quota_header") ? HeaderStyle.OpenAi : HeaderStyle.None;
  return <HeaderStyle>config.choice("response_headers", STYLES, fallback);
}

/** Which limit a response is about: the one with the fewest tokens left. */
const NEAREST: i32 = -1;

/**
 * What a response says about the limits of its request: names and values of headers, by turns.
 *
 * @param states of the limits, in their order
 * @param index of the limit that matters, where only one is told; or `NEAREST`
 */
export function limitHeaders(
  style: HeaderStyle,
  matched: Matched,
  states: BucketState[],
  index: i32 = NEAREST,
): Slice[] {
  if (style == HeaderStyle.None || states.length != matched.limits.length) return [];
  if (style == HeaderStyle.Draft) return draftHeaders(matched, states);
  return openAiHeaders(states[index == NEAREST ? nearest(states) : index]);
}

/** What a refusal says. @param index of the limit that has no room */
export function refusalHeaders(
  style: HeaderStyle,
  matched: Matched,
  states: BucketState[],
  index: i32,
): Slice[] {
  const seconds = digits(states[index].ttlSeconds);
  const headers = limitHeaders(style, matched, states, index);
  if (style != HeaderStyle.None) {
    headers.push(RETRY_AFTER);
    headers.push(seconds);
  }
  headers.push(RESET_HEADER);
  headers.push(seconds);
  return headers;
}

function nearest(states: BucketState[]): i32 {
  let found = 0;
  for (let i = 1; i < states.length; i++) {
    if (remaining(states[i]) < remaining(states[found])) found = i;
  }
  return found;
}

function openAiHeaders(state: BucketState): Slice[] {
  return [
    OPENAI_LIMIT,
    digits(state.limit),
    OPENAI_REMAINING,
    digits(remaining(state)),
    OPENAI_RESET,
    duration(state.ttlSeconds),
  ];
}

/**
 * All limits, as lists of RFC 9651:
 *
 *   ratelimit-policy: "global_threshold:60";q=1000;w=60, "limit_by_header:month:x-api-key";q=50000
 *   ratelimit:        "global_threshold:60";r=400;t=12, "limit_by_header:month:x-api-key";r=0;t=86400
 */
function draftHeaders(matched: Matched, states: BucketState[]): Slice[] {
  const policies = new Builder(128);
  const limits = new Builder(128);
  for (let i = 0; i < states.length; i++) {
    const window = matched.buckets[i].windowSeconds;
    beginItem(policies, matched.limits[i].label);
    policies.appendText(";q=").appendInteger(states[i].limit);
    // A month has no fixed number of seconds.
    if (window != CALENDAR_MONTH) policies.appendText(";w=").appendInteger(window);
    beginItem(limits, matched.limits[i].label);
    limits.appendText(";r=").appendInteger(remaining(states[i]));
    limits.appendText(";t=").appendInteger(states[i].ttlSeconds);
  }
  return [DRAFT_POLICY, policies.view(), DRAFT_LIMIT, limits.view()];
}

/** A string item: names of parameters and cookies may hold what strings cannot. */
function beginItem(list: Builder, label: Slice): void {
  if (list.length > 0) list.appendByte(COMMA).appendByte(SPACE);
  list.appendByte(QUOTE);
  for (let i = 0; i < label.length; i++) {
    const byte = label.at(i);
    const fits = byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c;
    list.appendByte(fits ? <u8>byte : 0x5f);
  }
  list.appendByte(QUOTE);
}

function remaining(state: BucketState): i64 {
  return max(0, state.limit - state.used);
}

/** Seconds as OpenAI writes them: `1s`, `6m0s`, `2h0m5s`. */
function duration(seconds: i64): Slice {
  const text = new Builder(24);
  if (seconds >= 3600) text.appendInteger(seconds / 3600).appendByte(0x68);
  if (seconds >= 60) text.appendInteger((seconds / 60) % 60).appendByte(0x6d);
  return text
    .appendInteger(seconds % 60)
    .appendByte(0x73)
    .view();
}
