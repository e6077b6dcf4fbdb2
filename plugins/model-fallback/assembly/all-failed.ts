import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { openAiError } from "@ai-gateway-wasm/llm/error-body";
import { PairsBuilder } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE } from "./names";
import { STATUS_429, TIMEOUT } from "./reason";
import { Trace } from "./trace";

/** The headers of an error of our own. */
export function jsonHeaders(): Slice {
  return new PairsBuilder().add(CONTENT_TYPE, JSON_TYPE).build();
}

/** Which answer clients get when no target has a good one; the order of `MODES`. */
export const enum FailedMode {
  OpenAi,
  Last,
  /** `replay` only. */
  First,
}

const MODES: string[] = ["openai", "last", "first"];
const TEXT: string = "All model targets failed";
/** The answer to a body that is longer than `maxBodyBytes`, with `onBodyTooLarge: reject`. */
export const TOO_LARGE: Slice = openAiError(
  bytes("The request body is too large"),
  "invalid_request_error",
  "request_too_large",
);
/** What is appended to a stream that ends without saying that it is complete, behind a blank line. */
export const INTERRUPTED: Slice = new Builder(128)
  .appendText("\n\ndata: ")
  .append(openAiError(bytes("upstream ended early"), "server_error", "stream_interrupted"))
  .appendText("\n\n")
  .toSlice();

/** `allFailed`: the error that clients get when every target has failed (model-fallback.md 4.5). */
@final
export class AllFailed {
  readonly mode: FailedMode;
  /** 0: derived from the failures. */
  private readonly fixedStatus: i32;
  private readonly includesDetails: bool;

  constructor(allFailed: ConfigReader) {
    this.mode = <FailedMode>allFailed.choice("mode", MODES, 0);
    this.fixedStatus = <i32>allFailed.integer("status", 0, 0, 599);
    if (this.fixedStatus > 0 && this.fixedStatus < 400) {
      allFailed.refuse("status", "must be 0 or between 400 and 599");
    }
    this.includesDetails = allFailed.flag("includeDetails");
  }

  /** All 429: 429; the last one late: 504; else 503. */
  statusOf(trace: Trace): i32 {
    if (this.fixedStatus > 0) return this.fixedStatus;
    if (isLimited(trace)) return 429;
    const last = trace.last;
    return last !== null && last.reason.equals(TIMEOUT) ? 504 : 503;
  }

  /** @param namesTargets clients may know the targets' names anyway */
  bodyOf(trace: Trace, namesTargets: bool): Slice {
    const limited = this.statusOf(trace) == 429 && isLimited(trace);
    const json = new JsonWriter(Escape.Plain).openObject().key("error").openObject();
    json.key("message").text(this.message(trace, namesTargets));
    json.key("type").string(limited ? "rate_limit_error" : "server_error");
    json.key("param").nothing();
    json.key("code").string(limited ? "rate_limit_exceeded" : "all_targets_failed");
    if (this.includesDetails) this.addTargets(json, trace);
    return json.closeObject().closeObject().toSlice();
  }

  /** `All model targets failed (a: status_503, b: timeout)` */
  private message(trace: Trace, namesTargets: bool): Slice {
    const text = new Builder(128).appendText(TEXT);
    if (namesTargets || this.includesDetails) trace.appendTo(text);
    return text.view();
  }

  private addTargets(json: JsonWriter, trace: Trace): void {
    json.key("targets").openArray();
    for (let i = 0; i < trace.count; i++) {
      const entry = trace.entries[i];
      json.openObject().key("target").text(entry.target).key("reason").text(entry.reason);
      json.closeObject();
    }
    json.closeArray();
  }
}

function isLimited(trace: Trace): bool {
  for (let i = 0; i < trace.count; i++) {
    if (!trace.entries[i].reason.equals(STATUS_429)) return false;
  }
  return trace.count > 0;
}
