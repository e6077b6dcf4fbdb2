import { Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";
import { denyObjectOf } from "./deny-object";
import { Refusal } from "./refusal";

const FORBIDDEN: i32 = 403;

/** The deny object with a status that nothing changes (content-security.md 4.6). */
@final
export class ImageRefusal extends Refusal {
  override get status(): i32 {
    return FORBIDDEN;
  }

  override document(denial: Denial): Slice {
    return denyObjectOf(denial, this.deny);
  }

  override events(denial: Denial): Slice {
    return this.document(denial);
  }
}
