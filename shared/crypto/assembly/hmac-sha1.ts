import { Slice } from "@ai-gateway-wasm/bytes";
import { Hmac } from "./hmac";
import { Sha1 } from "./sha1";

/** HMAC-SHA1 (RFC 2104, RFC 2202) with a prepared key: what Aliyun's signatures use. */
@final
export class HmacSha1 extends Hmac {
  /** @param key any length; not kept */
  constructor(key: Slice) {
    super(new Sha1(), key);
  }
}

/** The HMAC-SHA1 of `data`: 20 bytes of its own. For many messages prepare an `HmacSha1`. */
export function hmacSha1(key: Slice, data: Slice): Slice {
  const hmac = new HmacSha1(key);
  hmac.update(data);
  return hmac.finish();
}
