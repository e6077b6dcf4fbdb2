import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { PairsBuilder } from "proxy-wasm-as";
import { anthropicError, openAiError } from "./error-body";

const CONTENT_TYPE: Slice = bytes("Content-Type");
export const JSON_TYPE: Slice = bytes("application/json");

/** What the body of a refusal looks like; the order of `FORMATS`. */
export const enum RefusalFormat {
  Raw,
  OpenAi,
  Anthropic,
}

const FORMATS: string[] = ["raw", "openai", "anthropic"];

/** Reads `rejected_format`. */
export function readRefusalFormat(config: ConfigReader): RefusalFormat {
  return <RefusalFormat>config.choice("rejected_format", FORMATS, RefusalFormat.Raw);
}

/** An answer in place of the upstream's. */
@final
export class Reply {
  constructor(
    readonly status: i32,
    /** Response code details for the access log. */
    readonly details: Slice,
    readonly body: Slice,
    /** Empty: the gateway's. */
    private readonly type: Slice = NO_BYTES,
  ) {}

  /** Its headers; more may be added. */
  headers(): PairsBuilder {
    const headers = new PairsBuilder();
    return this.type.isEmpty ? headers : headers.add(CONTENT_TYPE, this.type);
  }

  /** With its text in the error object of an API. @param code OpenAI's */
  as(format: RefusalFormat, openAiType: string, anthropicType: string, code: string): Reply {
    if (format == RefusalFormat.Raw) return this;
    const text = this.body;
    const body =
      format == RefusalFormat.OpenAi
        ? openAiError(text, openAiType, code)
        : anthropicError(text, anthropicType);
    return new Reply(this.status, this.details, body, JSON_TYPE);
  }
}
