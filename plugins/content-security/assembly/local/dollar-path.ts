import { JsonValue } from "@ai-gateway-wasm/as-json";
import { NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";

/** How deep `..` looks. */
const MAX_DEPTH: i32 = 64;

const enum Select {
  Key,
  Index,
  Each,
}

/** One component of a path. */
@final
class Step {
  constructor(
    private readonly select: Select,
    private readonly key: Slice,
    private readonly index: i32,
    /** Behind `..`: also of everything below. */
    readonly isDeep: bool,
  ) {}

  apply(value: JsonValue, to: JsonValue[]): void {
    switch (this.select) {
      case Select.Key:
        return push(value.get(this.key), to);
      case Select.Index:
        return push(value.item(this.index < 0 ? value.count() + this.index : this.index), to);
      default: {
        const entries = value.entries();
        while (entries.next()) to.push(entries.value);
      }
    }
  }

  applyBelow(value: JsonValue, to: JsonValue[], depth: i32): void {
    this.apply(value, to);
    if (depth == 0) return;
    const entries = value.entries();
    while (entries.next()) {
      const child = entries.value;
      if (child.isObject || child.isArray) this.applyBelow(child, to, depth - 1);
    }
  }
}

/**
 * A JSONPath such as `$.messages[*].content` (RFC 9535): names, indices, `*` and `..`, without
 * slices, lists of selectors and filters. Holds no state, so one path serves all requests.
 */
@final
export class DollarPath {
  /** Only for `compileDollarPath`. */
  constructor(private readonly steps: Step[]) {}

  /** What stands at the path: views of the document, each once. */
  find(root: JsonValue): JsonValue[] {
    let values: JsonValue[] = [root];
    for (let i = 0; i < this.steps.length; i++) {
      const step = this.steps[i];
      const found: JsonValue[] = [];
      let end: usize = 0;
      for (let k = 0; k < values.length; k++) {
        const value = values[k];
        if (!step.isDeep) {
          step.apply(value, found);
        } else if (value.at >= end) {
          // Else it was looked into with the value it stands in.
          step.applyBelow(value, found, MAX_DEPTH);
          end = value.endAddress();
        }
      }
      values = found;
    }
    return values;
  }
}

/** Null: it is none, or has a part that is not known here. */
export function compileDollarPath(text: Slice): DollarPath | null {
  return text.at(0) == 0x24 ? new Compiler(text).run() : null;
}

/** Reads a path from left to right. */
@final
class Compiler {
  private at: i32 = 1;
  private readonly steps: Step[] = [];

  constructor(private readonly text: Slice) {}

  run(): DollarPath | null {
    while (this.at < this.text.length) {
      if (!this.readStep()) return null;
    }
    return new DollarPath(this.steps);
  }

  private readStep(): bool {
    const isDotted = this.take(0x2e);
    const isDeep = isDotted && this.take(0x2e);
    if (this.take(0x5b)) return (isDeep || !isDotted) && this.readBrackets(isDeep);
    return isDotted && this.readName(isDeep);
  }

  private readName(isDeep: bool): bool {
    if (this.take(0x2a)) return this.add(Select.Each, this.text, 0, isDeep);
    const start = this.at;
    while (isNameByte(this.text.at(this.at))) this.at++;
    const name = this.text.sub(start, this.at);
    return !name.isEmpty && this.add(Select.Key, name, 0, isDeep);
  }

  /** `*`, an index or a quoted name, up to the bracket behind it. */
  private readBrackets(isDeep: bool): bool {
    const text = this.text;
    if (this.take(0x2a)) return this.take(0x5d) && this.add(Select.Each, text, 0, isDeep);
    const quote = text.at(this.at);
    if (quote == 0x27 || quote == 0x22) return this.readQuoted(<u8>quote, isDeep);
    const end = text.indexOf(0x5d, this.at);
    const index = end < 0 ? NOT_AN_INTEGER : parseInteger(text.sub(this.at, end));
    if (index < i32.MIN_VALUE || index > i32.MAX_VALUE) return false;
    this.at = end + 1;
    return this.add(Select.Index, text, <i32>index, isDeep);
  }

  private readQuoted(quote: u8, isDeep: bool): bool {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) return false;
    const name = this.text.sub(this.at + 1, end);
    this.at = end + 1;
    return this.take(0x5d) && this.add(Select.Key, name, 0, isDeep);
  }

  private take(byte: i32): bool {
    if (this.text.at(this.at) != byte) return false;
    this.at++;
    return true;
  }

  private add(select: Select, key: Slice, index: i32, isDeep: bool): bool {
    this.steps.push(new Step(select, key, index, isDeep));
    return true;
  }
}

/** Letters, digits, `_`, `-` and everything beyond ASCII. */
function isNameByte(byte: i32): bool {
  if (byte >= 0x80 || byte == 0x5f || byte == 0x2d) return true;
  return <u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10;
}

function push(value: JsonValue | null, to: JsonValue[]): void {
  if (value !== null) to.push(value);
}
