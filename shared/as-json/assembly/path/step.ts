import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, readJson } from "../value";

/** One component of a path: leads from a value to another one. */
export abstract class PathStep {
  /** The value this step leads to, or null. */
  abstract apply(value: JsonValue): JsonValue | null;

  /**
   * What this step makes of a missing value: null, except for steps that build something (`nope.@keys`
   * is `[]`, `nope.{a}` is `{}`), as in GJSON.
   */
  applyToNothing(): JsonValue | null {
    return null;
  }

  /** The same as `apply`, with the elements of `array` in reverse order. */
  applyReversed(array: JsonValue): JsonValue | null {
    const reversed = reverse(array);
    return reversed === null ? null : this.apply(reversed);
  }

  /** True when what follows should ask this step's successor to read an array backwards. */
  get isReverse(): bool {
    return false;
  }
}

/** A compiled GJSON path: see `compilePath`. Holds no state, so one path serves all requests. */
@final
export class JsonPath {
  constructor(readonly steps: StaticArray<PathStep>) {}

  /**
   * The value at the path, or null when there is none. Values the path makes up (collected arrays,
   * multipaths, modifiers) own their bytes, all others are views into the document.
   */
  read(root: JsonValue | null): JsonValue | null {
    const steps = this.steps;
    let value = root;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (value === null) {
        value = step.applyToNothing();
        if (value === null) return null;
      } else if (step.isReverse && value.isArray && i + 1 < steps.length) {
        value = steps[++i].applyReversed(value); // spares the reversed copy for an index
      } else {
        value = step.apply(value);
      }
    }
    return value;
  }
}

/** Collects values into the text of a new array. */
@final
export class Collection {
  private readonly out: Builder = new Builder(64).appendByte(0x5b);

  add(value: JsonValue): void {
    this.addRaw(value.raw);
  }

  addRaw(raw: Slice): void {
    if (this.out.length > 1) this.out.appendByte(0x2c);
    this.out.append(raw);
  }

  toValue(): JsonValue | null {
    return readJson(this.out.appendByte(0x5d).view());
  }
}

/** An array with its elements, or an object with its members, in reverse order; others as they are. */
export function reverse(value: JsonValue): JsonValue | null {
  if (!value.isArray && !value.isObject) return value;
  const entries = new Array<JsonValue>();
  const keys = new Array<Slice>();
  const cursor = value.entries();
  while (cursor.next()) {
    entries.push(cursor.value);
    if (value.isObject) keys.push(cursor.rawKey);
  }
  const out = new Builder(<i32>(value.endAddress() - value.at) + 2);
  out.appendByte(value.isArray ? 0x5b : 0x7b);
  for (let i = entries.length - 1; i >= 0; i--) {
    if (out.length > 1) out.appendByte(0x2c);
    if (value.isObject) appendMember(out, keys[i], entries[i]);
    else out.append(entries[i].raw);
  }
  return readJson(out.appendByte(value.isArray ? 0x5d : 0x7d).view());
}

/** Appends `"key":value`; the key as it stands in a document, without its quotes. */
export function appendMember(out: Builder, rawKey: Slice, value: JsonValue): void {
  out.appendByte(0x22).append(rawKey).appendByte(0x22).appendByte(0x3a).append(value.raw);
}
