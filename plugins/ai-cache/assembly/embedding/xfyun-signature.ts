import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { hmacSha256 } from "@ai-gateway-wasm/crypto";
import { appendForm } from "@ai-gateway-wasm/kit/percent";
import { encodeBase64 } from "@ai-gateway-wasm/store/assembly/remote/base64";

/** Who signs. */
@final
export class XfyunKey {
  constructor(
    readonly apiKey: Slice,
    readonly apiSecret: Slice,
  ) {}
}

/**
 * The query that signs a call, its parameters in the order of their names:
 *
 *   authorization=<base64>&date=Fri%2C+02+Jan+2026+03%3A04%3A05+GMT&host=<host>
 */
export function signedQuery(key: XfyunKey, host: Slice, path: Slice, date: Slice): Slice {
  const query = new Builder(512).appendText("authorization=");
  appendForm(query, encodeBase64(authorization(key, host, path, date)));
  appendForm(query.appendText("&date="), date);
  return appendForm(query.appendText("&host="), host).view();
}

function authorization(key: XfyunKey, host: Slice, path: Slice, date: Slice): Slice {
  const signed = new Builder(256).appendText("host: ").append(host);
  signed.appendText("\ndate: ").append(date);
  signed.appendText("\nPOST ").append(path).appendText(" HTTP/1.1");
  return new Builder(256)
    .appendText('api_key="')
    .append(key.apiKey)
    .appendText('", algorithm="hmac-sha256", headers="host date request-line", signature="')
    .append(encodeBase64(hmacSha256(key.apiSecret, signed.view())))
    .appendText('"')
    .view();
}
