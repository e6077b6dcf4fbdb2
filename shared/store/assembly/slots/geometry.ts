import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Slots of one set; a directory is one small value of shared data. */
export const MAX_WAYS: i32 = 32;
/** 65536 sets of 8 slots are half a million keys in shared data. */
export const MAX_SETS: i32 = 65536;

/**
 * The shape of one table, and the names of its values in shared data:
 *
 *   aic1/<namespace>/geo                  the shape that is in use
 *   aic1/<namespace>/<sets>x<ways>/d7     directory of set 7
 *   aic1/<namespace>/<sets>x<ways>/s7.2   slot 2 of set 7
 *   aic1/<namespace>/lease                who sweeps
 *   aic1/<namespace>/l9                   a flight lock
 *
 * Shared data knows no removal, so no name is ever made from a request.
 */
@final
export class Geometry {
  /** A power of two. */
  readonly sets: i32;
  /** Payload bytes that one set may hold. */
  readonly setBudget: i64;
  private readonly prefix: Slice;
  /** The prefix with the shape. */
  private readonly tablePrefix: Slice;
  private readonly key: Builder = new Builder(96);

  constructor(
    readonly namespace: Slice,
    maxEntries: i32,
    readonly ways: i32,
    /** Longest payload. */
    readonly maxEntryBytes: i32,
    maxBytes: i64,
  ) {
    const wanted = (maxEntries + ways - 1) / ways;
    let sets = 1;
    while (sets < wanted && sets < MAX_SETS) sets <<= 1;
    this.sets = sets;
    this.setBudget = maxBytes / <i64>sets;
    const prefix = new Builder().appendText("aic1/").append(namespace).appendByte(0x2f).toSlice();
    this.prefix = prefix;
    this.tablePrefix = withShape(prefix, sets, ways);
  }

  /** `<sets>x<ways>`, the value of `geo`. */
  get shape(): Slice {
    return this.tablePrefix.sub(this.prefix.length, this.tablePrefix.length - 1);
  }

  /** Whether both lay out the same namespace differently. */
  contradicts(other: Geometry): bool {
    return this.namespace.equals(other.namespace) && !this.shape.equals(other.shape);
  }

  /** Valid until the next key is asked for, like all of them. */
  directoryKey(set: i32): Slice {
    return this.begin(this.tablePrefix).appendByte(0x64).appendInteger(set).view();
  }

  slotKey(set: i32, way: i32): Slice {
    const key = this.begin(this.tablePrefix).appendByte(0x73).appendInteger(set);
    return key.appendByte(0x2e).appendInteger(way).view();
  }

  shapeKey(): Slice {
    return this.begin(this.prefix).appendText("geo").view();
  }

  leaseKey(): Slice {
    return this.begin(this.prefix).appendText("lease").view();
  }

  lockKey(index: i32): Slice {
    return this.begin(this.prefix).appendByte(0x6c).appendInteger(index).view();
  }

  /** The same namespace with an earlier shape; null: `shape` is none. */
  ofShape(shape: Slice): Geometry | null {
    const cross = shape.indexOf(0x78);
    const sets = numberIn(shape.sub(0, cross));
    const ways = cross < 0 ? 0 : numberIn(shape.sub(cross + 1));
    if (sets < 1 || sets > MAX_SETS || popcnt(sets) != 1 || ways < 1 || ways > MAX_WAYS)
      return null;
    return new Geometry(this.namespace, sets * ways, ways, this.maxEntryBytes, 0);
  }

  private begin(prefix: Slice): Builder {
    this.key.clear();
    return this.key.append(prefix);
  }
}

function withShape(prefix: Slice, sets: i32, ways: i32): Slice {
  const out = new Builder().append(prefix).appendInteger(sets).appendByte(0x78);
  return out.appendInteger(ways).appendByte(0x2f).toSlice();
}

/** 0 for what is no number of at most five digits. */
function numberIn(text: Slice): i32 {
  if (text.isEmpty || text.length > 5) return 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.at(i) - 0x30;
    if (<u32>digit > 9) return 0;
    value = value * 10 + digit;
  }
  return value;
}
