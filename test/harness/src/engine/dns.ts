import { isIP } from "node:net";
import { toBytes } from "../abi/text.js";
import type { Environment } from "./environment.js";

/** Seconds an address may be kept: Envoy's word for one that was not asked for anywhere. */
const TTL = 0;

/** Asks for addresses of a name; null = no server answers. An address is told at once, within the call. */
export function resolveName(
  env: Environment,
  name: string,
  answer: (addresses: readonly string[] | null) => void,
): void {
  if (isIP(name)) return answer([name]);
  const { dns } = env;
  const known = Object.hasOwn(dns, name) ? dns[name]! : [];
  env.scheduler.post(() => answer(known));
}

/**
 * What a guest reads from the call-data buffer:
 *
 *     count  ttl ttl …  address:0 NUL address:0 NUL …
 *     u32    u32 each   text each
 */
export function encodeAddresses(addresses: readonly string[]): Uint8Array {
  const texts = addresses.map((address) =>
    toBytes(`${isIP(address) === 6 ? `[${address}]` : address}:0\0`),
  );
  const head = 4 + 4 * texts.length;
  const out = new Uint8Array(head + texts.reduce((sum, text) => sum + text.length, 0));
  const view = new DataView(out.buffer);
  view.setUint32(0, texts.length, true);
  texts.forEach((_, i) => view.setUint32(4 + 4 * i, TTL, true));
  let at = head;
  for (const text of texts) {
    out.set(text, at);
    at += text.length;
  }
  return out;
}
