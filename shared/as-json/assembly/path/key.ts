import { Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, valueAt } from "../value";
import { matches } from "./pattern";
import { PathStep, reverse } from "./step";

/** A key of an object, or an index of an array. */
@final
export class KeyStep extends PathStep {
  constructor(
    /** Unescaped. */
    private readonly key: Slice,
    /** The same as an index, or -1. */
    private readonly index: i32,
  ) {
    super();
  }

  override apply(value: JsonValue): JsonValue | null {
    return value.isArray ? value.item(this.index) : value.get(this.key);
  }

  /** Keeps the last `index + 1` elements while walking, in a ring: no reversed copy. */
  override applyReversed(array: JsonValue): JsonValue | null {
    const size = this.index + 1;
    if (size < 1) return null;
    if (size > 64) {
      const reversed = reverse(array);
      return reversed === null ? null : this.apply(reversed);
    }
    const ring = new StaticArray<usize>(size);
    const cursor = array.entries();
    let oldest = 0; // place of the next write
    while (cursor.next()) {
      ring[oldest++] = cursor.address;
      if (oldest == size) oldest = 0;
    }
    if (ring[oldest] == 0) return null; // fewer elements than that
    return valueAt(ring[oldest], array.limit, array.owner);
  }
}

/** A key with wildcards: the first member that matches. Finds nothing in an array. */
@final
export class PatternStep extends PathStep {
  /** @param pattern see `matches` */
  constructor(private readonly pattern: Slice) {
    super();
  }

  override apply(value: JsonValue): JsonValue | null {
    if (!value.isObject) return null;
    const cursor = value.entries();
    while (cursor.next()) {
      if (matches(cursor.key, this.pattern)) return cursor.value;
    }
    return null;
  }
}
