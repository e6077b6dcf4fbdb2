import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ValueType } from "@ai-gateway-wasm/conditions";
import { getProperty, requestHeaders } from "proxy-wasm-as";
import { SplitRequest } from "./request";

const COLON: u8 = 0x3a;
/** A property path: segments joined by NUL (host.md 5.1). */
const SOURCE_ADDRESS: Slice = bytes("source\u0000address");
const CREDENTIALS: Slice[] = [bytes("authorization"), bytes("x-api-key"), bytes("api-key")];
/** Requests without a consumer after which somebody should hear of it. */
const CONSUMER_PATIENCE: i32 = 100;

/** Where the key of a request comes from. */
export abstract class KeySource {
  constructor(
    /** As configured; stands in the access log. */
    readonly label: Slice,
  ) {}

  /** Empty: the request has none. It is hashed, and nothing else. */
  abstract read(request: SplitRequest): Slice;
}

/** A header, cookie, parameter, consumer or value in the body. */
@final
export class ValueSource extends KeySource {
  constructor(
    label: Slice,
    readonly type: ValueType,
    private readonly key: Slice,
  ) {
    super(label);
  }

  override read(request: SplitRequest): Slice {
    const value = request.find(this.type, this.key);
    return value === null ? NO_BYTES : value;
  }
}

/** The credential, whatever it is good for. */
@final
export class CredentialSource extends KeySource {
  override read(_request: SplitRequest): Slice {
    for (let i = 0; i < CREDENTIALS.length; i++) {
      const value = requestHeaders.get(CREDENTIALS[i]);
      if (value !== null && !value.isEmpty) return value;
    }
    return NO_BYTES;
  }
}

/** The address that the connection comes from, without its port. */
@final
export class AddressSource extends KeySource {
  override read(_request: SplitRequest): Slice {
    const address = getProperty(SOURCE_ADDRESS);
    if (address === null) return NO_BYTES;
    const port = address.lastIndexOf(COLON);
    return port < 0 ? address : address.sub(0, port);
  }
}

/** The key of one request. */
@final
export class StickyKey {
  constructor(
    readonly value: Slice,
    readonly source: KeySource,
  ) {}
}

/** How keys are shared. */
export const enum Hashing {
  /** Variants own ranges of buckets in the order of the list. */
  Ranges,
  /** Whatever the order, few keys move when weights change. */
  Rendezvous,
}

/** What makes requests stay with their variant. */
@final
export class Sticky {
  /** Requests in a row, from the first one on, that had no consumer. */
  private strangers: i32 = 0;
  private knowsConsumers: bool = false;

  constructor(
    private readonly sources: KeySource[],
    private readonly salt: Slice,
    readonly hashing: Hashing,
  ) {}

  /** The first source that has a value decides; null: none has. */
  find(request: SplitRequest): StickyKey | null {
    for (let i = 0; i < this.sources.length; i++) {
      const source = this.sources[i];
      const value = source.read(request);
      if (source instanceof ValueSource && (<ValueSource>source).type == ValueType.Consumer) {
        this.noteConsumer(!value.isEmpty);
      }
      if (!value.isEmpty) return new StickyKey(value, source);
    }
    return null;
  }

  /** What a key's place is made of: salt, NUL, key. */
  salted(key: Slice): Slice {
    return new Builder(this.salt.length + 1 + key.length)
      .append(this.salt)
      .appendByte(0)
      .append(key)
      .view();
  }

  /** True once: nobody has ever come with a consumer, so this plugin may stand before authentication. */
  takeWarning(): bool {
    if (this.strangers != CONSUMER_PATIENCE) return false;
    this.strangers++;
    return true;
  }

  private noteConsumer(isKnown: bool): void {
    if (isKnown) this.knowsConsumers = true;
    else if (!this.knowsConsumers && this.strangers < CONSUMER_PATIENCE) this.strangers++;
  }
}
