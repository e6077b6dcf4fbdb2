import { appendEscaped, Escape } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JSON_TYPE } from "../names";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObject } from "./deny-object";
import { Refusal } from "./refusal";

/** The deny object alone: `protocol: original` (content-security.md 4.5). */
@final
export class OriginalRefusal extends Refusal {
  /** @param running what ends a stream that runs: the peer has no form of its own for that */
  constructor(
    deny: DenyConfig,
    private readonly running: Refusal,
  ) {
    super(deny);
  }

  override contentType(_denial: Denial): Slice {
    return JSON_TYPE;
  }

  /** Also where a stream is waited for. */
  override answer(denial: Denial): Slice {
    return this.document(denial);
  }

  /** Without a judgement the peer sends the text without quotes, which is no JSON. */
  override document(denial: Denial): Slice {
    const judgement = denial.judgement;
    if (judgement !== null) return denyObject(denial, judgement.code, this.deny.configured);
    const out = new Builder();
    appendEscaped(out, this.deny.text, Escape.Go);
    return out.toSlice();
  }

  override events(denial: Denial): Slice {
    return this.running.events(denial);
  }
}
