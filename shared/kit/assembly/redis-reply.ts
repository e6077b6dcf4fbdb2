import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

export const enum RedisType {
  /** A simple or bulk string. */
  Text,
  Integer,
  /** What Redis answered with `-`, or what the host could not fetch. */
  Error,
  Null,
  Array,
}

const NO_ITEMS: RedisReply[] = [];

/**
 * One value of Redis. Its bytes are the host's: valid until the callback returns. Every accessor
 * works on every type, as in Higress's plugins (host.md 5.8).
 */
@final
export class RedisReply {
  /** What the owner asked with; set on a whole reply, 0 on an element. */
  tag: i32 = 0;

  constructor(
    readonly type: RedisType,
    /** Text, the message of an error, or the digits of an integer; no bytes for null and arrays. */
    readonly text: Slice,
    /** Elements of an array; empty for the other types. */
    readonly items: RedisReply[] = NO_ITEMS,
  ) {}

  static error(message: string): RedisReply {
    return new RedisReply(RedisType.Error, bytes(message));
  }

  get isError(): bool {
    return this.type == RedisType.Error;
  }

  get isNull(): bool {
    return this.type == RedisType.Null;
  }

  get isArray(): bool {
    return this.type == RedisType.Array;
  }

  /** Element `index`; a null value outside the array, so that a short reply is no special case. */
  item(index: i32): RedisReply {
    if (<u32>index < <u32>this.items.length) return this.items[index];
    return new RedisReply(RedisType.Null, NO_BYTES);
  }

  /**
   * An integer, or text that is one; 0 for everything else. What does not fit 64 bits becomes the
   * nearest number that does, so a huge balance stays a balance.
   */
  get integer(): i64 {
    return clampedInteger(this.text);
  }
}

function clampedInteger(text: Slice): i64 {
  const isNegative = text.at(0) == 0x2d;
  const start = isNegative || text.at(0) == 0x2b ? 1 : 0;
  // Counted down from zero, because the smallest number has no positive counterpart.
  let value: i64 = 0;
  let isTooLarge = false;
  for (let i = start; i < text.length; i++) {
    const digit = text.at(i) - 0x30;
    if (<u32>digit > 9) return 0;
    if (value < (i64.MIN_VALUE + digit) / 10) isTooLarge = true;
    value = value * 10 - digit;
  }
  if (isTooLarge) return isNegative ? i64.MIN_VALUE : i64.MAX_VALUE;
  if (isNegative) return value;
  return value == i64.MIN_VALUE ? i64.MAX_VALUE : -value;
}
