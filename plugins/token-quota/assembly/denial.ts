import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readRefusalFormat, RefusalFormat, Reply } from "@ai-gateway-wasm/llm/refusal";
import { noKey, noQuota, storeError, unauthorizedConsumer } from "./replies";

/** What OpenAI says of an account without money. */
const INSUFFICIENT: string = "insufficient_quota";

/** How metered requests are refused; admin calls are always answered as the peer does. */
@final
export class DenialStyle {
  private readonly format: RefusalFormat;
  private readonly status: i32;
  /** Null: the peer's text. */
  private readonly message: Slice | null;
  /** 0: as if nothing were left, as the peer does. */
  private readonly storeErrorStatus: i32;

  constructor(config: ConfigReader) {
    this.status = <i32>config.integer("rejected_code", 403, 200, 599);
    this.message = config.has("rejected_msg") ? config.text("rejected_msg") : null;
    this.format = readRefusalFormat(config);
    const status = <i32>config.integer("store_error_status", 0, 0, 599);
    if (status > 0 && status < 200) config.refuse("store_error_status", "must be an HTTP status");
    this.storeErrorStatus = status;
  }

  noKey(): Reply {
    const type = "authentication_error";
    return noKey().as(this.format, type, type, "invalid_api_key");
  }

  unauthorizedConsumer(): Reply {
    const type = "permission_error";
    return unauthorizedConsumer().as(this.format, type, type, "consumer_not_allowed");
  }

  noQuota(): Reply {
    const reply = noQuota(this.status, this.message);
    return reply.as(this.format, INSUFFICIENT, "rate_limit_error", INSUFFICIENT);
  }

  /** The store has no answer, and `fail_mode` is not open. @param reason what peers would show */
  storeError(reason: string): Reply {
    if (this.storeErrorStatus == 0) return this.noQuota();
    const reply = storeError(bytes(reason), this.storeErrorStatus);
    return reply.as(this.format, "server_error", "api_error", "store_error");
  }
}
