import { Builder, bytes, encodeHex, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { sha256 } from "@ai-gateway-wasm/crypto";

/** Headers whose values are credentials and never reach a log line (host.md 4). Lower case. */
export const SECRET_HEADERS: string[] = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
  "set-cookie",
];

/** True when the header's value is a credential; the case of `name` does not matter. */
export function isSecretHeader(name: Slice): bool {
  for (let i = 0; i < SECRET_HEADERS.length; i++) {
    if (equalsIgnoreCase(name, bytes(SECRET_HEADERS[i]))) return true;
  }
  return false;
}

/**
 * A name for a secret that a log line may hold: `sha256:` and 8 hexadecimal digits of the digest.
 * Enough to tell an operator's keys apart, too little to search for the key.
 */
export function fingerprint(secret: Slice): Slice {
  const digits = encodeHex(sha256(secret).sub(0, 4));
  return new Builder().appendText("sha256:").append(digits).toSlice();
}
