import { Builder, bytes, encodeHex, Slice } from "@ai-gateway-wasm/bytes";

/*
 * Keys in Redis (ai-cache.md 4.2). Those of one request may be everybody's, those of another belong
 * to its partition, and all lie in one place:
 *
 *   higress-ai-cache:How tall is Everest?     <prefix><question>, as the peer has it
 *   higress-ai-cache:v1:<64 hex digits>       <prefix>v1:<digest>
 */

const MARK: Slice = bytes("v1:");
const DIGITS: i32 = 64;

/** @param question null: its key is hashed; @param digest SHA-256 over version, question and partition */
export function remoteKey(prefix: Slice, question: Slice | null, digest: Slice): Slice {
  if (question !== null) {
    const raw = new Builder(prefix.length + question.length).append(prefix).append(question).view();
    if (!isHashed(raw)) return raw;
  }
  const out = new Builder(prefix.length + MARK.length + DIGITS).append(prefix).append(MARK);
  return out.append(encodeHex(digest)).view();
}

/**
 * Whether a key looks hashed, whatever prefix it may have: with such a question anybody would read or
 * write the answer of a consumer, also of another rule's whose prefix is longer. It is hashed itself.
 */
function isHashed(key: Slice): bool {
  const start = key.length - DIGITS;
  for (let i = max(0, start); i < key.length; i++) {
    const byte = key.at(i);
    const isHex = <u32>(byte - 0x30) < 10 || <u32>(byte - 0x61) < 6;
    if (!isHex) return false;
  }
  return start >= MARK.length && key.sub(start - MARK.length, start).equals(MARK);
}
