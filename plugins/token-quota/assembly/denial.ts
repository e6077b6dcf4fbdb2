import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { anthropicError, openAiError } from "@ai-gateway-wasm/llm/error-body";
import { noKey, noQuota, Reply, storeError, unauthorizedConsumer } from "./replies";

/** What the body of a denial looks like; the order of `FORMATS`. */
const enum Format {
  Raw,
  OpenAi,
  Anthropic,
}

const FORMATS: string[] = ["raw", "openai", "anthropic"];
/** What OpenAI says of an account without money. */
const INSUFFICIENT: string = "insufficient_quota";

/** How metered requests are refused; admin calls are always answered as the peer does. */
@final
export class DenialStyle {
  private readonly format: Format;
  private readonly status: i32;
  /** Null: the peer's text. */
  private readonly message: Slice | null;
  /** 0: as if nothing were left, as the peer does. */
  private readonly storeErrorStatus: i32;

  constructor(config: ConfigReader) {
    this.status = <i32>config.integer("rejected_code", 403, 200, 599);
    this.message = config.has("rejected_msg") ? config.text("rejected_msg") : null;
    this.format = <Format>config.choice("rejected_format", FORMATS, Format.Raw);
    const status = <i32>config.integer("store_error_status", 0, 0, 599);
    if (status > 0 && status < 200) config.refuse("store_error_status", "must be an HTTP status");
    this.storeErrorStatus = status;
  }

  noKey(): Reply {
    return this.wrap(noKey(), "authentication_error", "invalid_api_key");
  }

  unauthorizedConsumer(): Reply {
    return this.wrap(unauthorizedConsumer(), "permission_error", "consumer_not_allowed");
  }

  noQuota(): Reply {
    const reply = noQuota(this.status, this.message);
    const type = this.format == Format.Anthropic ? "rate_limit_error" : INSUFFICIENT;
    return this.wrap(reply, type, INSUFFICIENT);
  }

  /** The store has no answer, and `fail_mode` is not open. @param reason what peers would show */
  storeError(reason: string): Reply {
    if (this.storeErrorStatus == 0) return this.noQuota();
    const reply = storeError(bytes(reason), this.storeErrorStatus);
    return this.wrap(
      reply,
      this.format == Format.Anthropic ? "api_error" : "server_error",
      "store_error",
    );
  }

  private wrap(reply: Reply, type: string, code: string): Reply {
    if (this.format == Format.Raw) return reply;
    const body =
      this.format == Format.OpenAi
        ? openAiError(reply.body, type, code)
        : anthropicError(reply.body, type);
    return new Reply(reply.status, reply.details, body, true);
  }
}
