import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Sha256 } from "@ai-gateway-wasm/crypto";

const hash: Sha256 = new Sha256();
const head: Builder = new Builder(64);

/** Adds `<name>=<byte length>:<bytes>`: neither a value nor one that is left out can forge another key. */
export function hashRecord(name: Slice, value: Slice): void {
  head.clear();
  head.append(name).appendByte(0x3d).appendInteger(value.length).appendByte(0x3a);
  hash.update(head.view());
  hash.update(value);
}

/** The digest of the records since the last one: 32 bytes of its own. */
export function finishHash(): Slice {
  return hash.finish();
}
