import { equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DigestTable, HmacSha256, sha256Once } from "@ai-gateway-wasm/crypto";
import { ApiKey } from "./consumers";

/** Shorter keys can be guessed even when only their digest is known. */
const SHORT: i32 = 16;

/**
 * The credentials of one configuration, as digests: what a client sends is hashed and looked up,
 * so neither the texts nor the number of consumers matter (key-auth.md 3.4).
 */
@final
export class Credentials {
  private readonly plain: DigestTable<ApiKey> = new DigestTable<ApiKey>();
  private readonly peppered: DigestTable<ApiKey> = new DigestTable<ApiKey>();
  /** Credentials written as `<scheme> key`, by their key alone. */
  private readonly bare: DigestTable<ApiKey> = new DigestTable<ApiKey>();

  /** How many plain credentials are shorter than 16 characters. */
  shortCount: i32 = 0;

  constructor(
    /** The authentication scheme that may stand before a key. */
    private readonly scheme: Slice,
    /** HMAC key for `hmac-sha256` entries; null: there can be none. */
    private readonly pepper: HmacSha256 | null,
  ) {}

  /** The key an equal credential was added with, plain or hashed, or null. */
  sameText(text: Slice): ApiKey | null {
    return this.findRaw(text, sha256Once(text));
  }

  sameDigest(digest: Slice, isPeppered: bool): ApiKey | null {
    return (isPeppered ? this.peppered : this.plain).find(digest);
  }

  /** Adds a credential; forgets its text. The caller made sure it is new. */
  addText(text: Slice, key: ApiKey): void {
    if (text.length < SHORT) this.shortCount++;
    this.plain.add(sha256Once(text), key);
    // An `hmac-sha256` entry of the same text is then seen to be the same credential.
    const pepper = this.pepper;
    if (pepper !== null) this.peppered.add(hmac(pepper, text), key);
    const rest = withoutScheme(text, this.scheme);
    if (rest === null) return;
    const digest = sha256Once(rest);
    const other = this.bare.find(digest);
    if (other !== null && !areOneConsumers(other, key)) this.bare.block(digest);
    else if (!this.bare.has(digest)) this.bare.add(digest, key);
  }

  addDigest(digest: Slice, isPeppered: bool, key: ApiKey): void {
    (isPeppered ? this.peppered : this.plain).add(digest, key);
  }

  /**
   * The key of what a client sent, or null.
   *
   * @param mayHaveScheme it comes from a header where `Bearer <key>` means `<key>`
   */
  find(token: Slice, mayHaveScheme: bool): ApiKey | null {
    const key = this.findRaw(token, sha256Once(token));
    if (key !== null || !mayHaveScheme) return key;
    const rest = withoutScheme(token, this.scheme);
    if (rest === null) return null;
    const digest = sha256Once(rest);
    const raw = this.findRaw(rest, digest);
    if (!this.bare.has(digest)) return raw;
    // `Bearer key` and `key` of two consumers: what was sent fits both, so it is nobody's.
    const bare = this.bare.find(digest);
    return raw === null || (bare !== null && areOneConsumers(raw, bare)) ? bare : null;
  }

  /** The key with this consumer and label, or null. Walks over all: only for redirected requests. */
  findLabelled(consumer: Slice, label: Slice): ApiKey | null {
    const key = findIn(this.plain, consumer, label);
    return key !== null ? key : findIn(this.peppered, consumer, label);
  }

  private findRaw(token: Slice, digest: Slice): ApiKey | null {
    if (token.isEmpty) return null; // no key is one, whatever hash of nothing was configured
    const key = this.plain.find(digest);
    if (key !== null || this.peppered.size == 0) return key;
    const pepper = this.pepper;
    if (pepper === null) return null;
    return this.peppered.find(hmac(pepper, token));
  }
}

function hmac(pepper: HmacSha256, text: Slice): Slice {
  pepper.update(text);
  return pepper.finish();
}

function findIn(table: DigestTable<ApiKey>, consumer: Slice, label: Slice): ApiKey | null {
  for (let i = 0; i < table.size; i++) {
    const key = table.valueAt(i);
    if (key !== null && nameOf(key).equals(consumer) && key.id.equals(label)) return key;
  }
  return null;
}

/** True when both keys lead to the same name. */
function areOneConsumers(one: ApiKey, other: ApiKey): bool {
  return nameOf(one).equals(nameOf(other));
}

/** The name of the key's consumer, empty for an anonymous key. */
export function nameOf(key: ApiKey): Slice {
  const consumer = key.consumer;
  return consumer === null ? NO_BYTES : consumer.name;
}

/** What follows `<scheme>` and at least one blank, or null. */
function withoutScheme(text: Slice, scheme: Slice): Slice | null {
  let at = scheme.length;
  if (text.at(at) != 0x20 || !equalsIgnoreCase(text.sub(0, at), scheme)) return null;
  while (text.at(at) == 0x20) at++;
  return text.sub(at);
}
