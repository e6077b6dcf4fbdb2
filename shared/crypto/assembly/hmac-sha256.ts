import { Slice } from "@ai-gateway-wasm/bytes";
import { Hmac } from "./hmac";
import { Sha256 } from "./sha256";

/** HMAC-SHA256 (RFC 2104, RFC 4231) with a prepared key. */
@final
export class HmacSha256 extends Hmac {
  /** @param key any length; not kept */
  constructor(key: Slice) {
    super(new Sha256(), key);
  }
}

/** The HMAC-SHA256 of `data`: 32 bytes of its own. For many messages prepare an `HmacSha256`. */
export function hmacSha256(key: Slice, data: Slice): Slice {
  const hmac = new HmacSha256(key);
  hmac.update(data);
  return hmac.finish();
}
