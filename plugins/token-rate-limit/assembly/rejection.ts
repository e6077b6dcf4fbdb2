import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { anthropicError, openAiError } from "@ai-gateway-wasm/llm/error-body";
import { CONTENT_TYPE } from "./names";
import { PairsBuilder } from "proxy-wasm-as";

/** What the body of a refusal looks like; the order of `FORMATS`. */
const enum Format {
  Raw,
  OpenAi,
  Anthropic,
}

const FORMATS: string[] = ["raw", "openai", "anthropic"];
const JSON_TYPE: Slice = bytes("application/json");
const DEFAULT_MESSAGE: Slice = bytes("Too many requests");
const DEFAULT_STATUS: i64 = 429;

/** An answer in place of the upstream's. */
@final
export class Reply {
  constructor(
    readonly status: i32,
    /** Response code details for the access log. */
    readonly details: Slice,
    readonly body: Slice,
    private readonly isJson: bool,
  ) {}

  /** Its own headers; more may be added. */
  headers(): PairsBuilder {
    const headers = new PairsBuilder();
    return this.isJson ? headers.add(CONTENT_TYPE, JSON_TYPE) : headers;
  }
}

/** The answers that refuse a request, made when the plugin is configured. */
@final
export class Rejection {
  /** Some limit is passed (token-rate-limit.md 4.4). */
  readonly limited: Reply;
  /** `fail_mode: closed`, and the store does not answer. */
  readonly storeUnavailable: Reply;
  /** The body that names the model is longer than `max_body_bytes`. */
  readonly bodyTooLarge: Reply;
  /** The body names more than one model. */
  readonly modelAmbiguous: Reply;
  private readonly format: Format;

  constructor(config: ConfigReader) {
    this.format = <Format>config.choice("rejected_format", FORMATS, Format.Raw);
    this.limited = this.reply(
      <i32>(<u32>config.integer("rejected_code", DEFAULT_STATUS)),
      "ai-token-ratelimit.rejected",
      config.text("rejected_msg", DEFAULT_MESSAGE),
      "tokens",
      "rate_limit_exceeded",
    );
    this.storeUnavailable = this.reply(
      503,
      "ai-token-ratelimit.store_unavailable",
      bytes("rate limit store unavailable"),
      "server_error",
      "store_unavailable",
    );
    this.bodyTooLarge = this.reply(
      413,
      "ai-token-ratelimit.body_too_large",
      bytes("request body too large"),
      "invalid_request_error",
      "request_too_large",
    );
    this.modelAmbiguous = this.reply(
      400,
      "ai-token-ratelimit.model_ambiguous",
      bytes("the body names more than one model"),
      "invalid_request_error",
      "model_ambiguous",
    );
  }

  /** @param type, code as OpenAI's API words them; Anthropic's types go by the status */
  private reply(status: i32, details: string, text: Slice, type: string, code: string): Reply {
    if (this.format == Format.Raw) return new Reply(status, bytes(details), text, false);
    const body =
      this.format == Format.OpenAi
        ? openAiError(text, type, code)
        : anthropicError(text, anthropicType(code));
    return new Reply(status, bytes(details), body, true);
  }
}

function anthropicType(code: string): string {
  if (code == "rate_limit_exceeded") return "rate_limit_error";
  if (code == "store_unavailable") return "api_error";
  return code == "request_too_large" ? code : "invalid_request_error";
}
