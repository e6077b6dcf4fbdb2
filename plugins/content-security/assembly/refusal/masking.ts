import { Escape, quote } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JSON_TYPE } from "../names";
import { Client } from "./client";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { Ending } from "./ending";
import { Refusal, STREAM_TYPE } from "./refusal";

/** What ai-data-masking says to whom it does not know as a chat (content-security.md 2.6). */
@final
export class RawMessage {
  constructor(
    readonly body: Slice,
    readonly contentType: Slice,
  ) {}
}

/** The refusals of ai-data-masking (content-security.md 4.7). */
@final
export class MaskingRefusal extends Refusal {
  /** @param running what ends a stream that runs: of that the peer just sends nothing more */
  constructor(
    deny: DenyConfig,
    private readonly raw: RawMessage,
    private readonly running: Refusal,
  ) {
    super(deny);
  }

  override get keepsHeaders(): bool {
    return true;
  }

  override contentType(denial: Denial): Slice {
    if (!denial.client.isChat) return this.raw.contentType;
    return denial.streams ? STREAM_TYPE : JSON_TYPE;
  }

  override document(denial: Denial): Slice {
    return denial.client.isChat ? this.choice("message") : this.raw.body;
  }

  override events(denial: Denial): Slice {
    if (!denial.client.isChat) return this.raw.body;
    const out = new Builder(256).appendText("data:").append(this.choice("delta"));
    return out.appendText("\n\n").toSlice();
  }

  override follow(event: Slice, client: Client): Ending | null {
    return this.running.follow(event, client);
  }

  private choice(field: string): Slice {
    const out = new Builder(256).appendText('{"choices":[{"index":0,"').appendText(field);
    out.appendText('":{"content":').append(quote(this.deny.configured, Escape.Plain));
    return out.appendText(',"role":"assistant"}}],"usage":{}}').toSlice();
  }
}
