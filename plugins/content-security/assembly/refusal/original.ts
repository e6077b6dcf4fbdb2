import { appendEscaped, Escape } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JSON_TYPE } from "../names";
import { Client, meetByPath } from "./client";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObject } from "./deny-object";
import { Refusal } from "./refusal";

/** The deny object alone: `protocol: original` (content-security.md 4.5). */
@final
export class OriginalRefusal extends Refusal {
  /**
   * @param running what ends a stream in a peer's configuration, as the peer does; null: the object
   * itself, as an event
   */
  constructor(
    deny: DenyConfig,
    private readonly running: Refusal | null,
  ) {
    super(deny);
  }

  protected override get explainsFailedMasks(): bool {
    return this.running === null;
  }

  override meet(client: Client): void {
    if (this.running === null) meetByPath(client);
  }

  override contentType(_denial: Denial): Slice {
    return JSON_TYPE;
  }

  /** Also where a stream is waited for. */
  override answer(denial: Denial): Slice {
    return this.document(denial);
  }

  override document(denial: Denial): Slice {
    const judgement = denial.judgement;
    if (judgement !== null) return denyObject(denial, judgement.code, this.deny.configured);
    const text = this.deny.textFor(denial);
    if (this.running === null) return denyObject(denial, this.deny.status, text);
    // The peer sends the text without quotes, which is no JSON.
    const out = new Builder();
    appendEscaped(out, text, Escape.Go);
    return out.toSlice();
  }

  override events(denial: Denial): Slice {
    const running = this.running;
    if (running !== null) return running.events(denial);
    const out = new Builder(256).appendText("data: ").append(this.document(denial));
    return out.appendText("\n\n").toSlice();
  }
}
