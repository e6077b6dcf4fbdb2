import { Builder, encodeHex, Slice } from "@ai-gateway-wasm/bytes";
import { Validity } from "@ai-gateway-wasm/kit/lent-keys";
import { ModelLists } from "./models";
import { Source } from "./sources";

/** One entry of `consumers`: who may come in. */
@final
export class Consumer {
  group: Slice | null = null;
  models: ModelLists | null = null;
  validity: Validity = Validity.UNLIMITED;
  /**
   * Where this consumer's own keys may stand, in order; null: wherever the global key names say.
   * Only in profile cpp.
   */
  ownSources: Source[] | null = null;

  constructor(
    readonly name: Slice,
    /** Position in the configuration. */
    readonly index: i32,
  ) {}
}

/** One credential of a consumer. */
@final
export class ApiKey {
  models: ModelLists | null = null;
  validity: Validity = Validity.UNLIMITED;

  /** The configured label, or null. */
  label: Slice | null = null;
  private readonly fingerprint: u32;

  /** @param digest of the credential; only its first 4 bytes are kept */
  constructor(
    /** Null: whoever has this key comes in without a name. */
    readonly consumer: Consumer | null,
    digest: Slice,
  ) {
    this.fingerprint = fingerprintOf(digest);
  }

  /** What logs and properties call the key: its label, or the first 8 digits of its digest. */
  get id(): Slice {
    const label = this.label;
    return label !== null ? label : encodeHex(bytesOf(this.fingerprint));
  }
}

function fingerprintOf(digest: Slice): u32 {
  let value: u32 = 0;
  for (let i = 0; i < 4; i++) value = (value << 8) | (<u32>digest.at(i));
  return value;
}

function bytesOf(fingerprint: u32): Slice {
  const bytes = new Builder(4);
  for (let shift = 24; shift >= 0; shift -= 8) bytes.appendByte(<u8>(fingerprint >> shift));
  return bytes.view();
}
