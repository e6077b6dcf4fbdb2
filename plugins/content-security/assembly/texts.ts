import { boolOf, JsonPath, JsonValue, quote, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const TYPE: Slice = bytes("type");
const TEXT: Slice = bytes("text");
const STREAM: Slice = bytes("stream");

/** A text of a JSON body that is judged, and where it stands. */
@final
export class TextField {
  /** What takes its place; null: nothing. */
  changed: Slice | null = null;

  constructor(
    /** Offset of its literal in the body; −1: it does not stand there as it is. */
    readonly start: i32,
    readonly length: i32,
    /** Memory of its own. */
    readonly text: Slice,
  ) {}

  /** The text as it goes on. */
  get current(): Slice {
    const changed = this.changed;
    return changed === null ? this.text : changed;
  }
}

/** The texts of a body that are judged together, in their order. */
@final
export class Texts {
  readonly fields: TextField[] = [];
  private readonly root: JsonValue | null;

  constructor(private readonly body: Slice) {
    this.root = readJson(body);
  }

  /**
   * Takes what is at a path: a string, or the texts of a list of parts as messages have them. What
   * is neither is taken as it stands, and cannot be changed. @returns false: nothing is there
   */
  take(path: JsonPath): bool {
    const value = path.read(this.root);
    if (value === null || value.isNull) return false;
    const before = this.fields.length;
    if (value.isArray) this.takeParts(value);
    else this.add(value);
    return this.fields.length > before;
  }

  /** The first path where something is. @returns false: nowhere */
  takeFirst(paths: JsonPath[]): bool {
    for (let i = 0; i < paths.length; i++) {
      if (this.take(paths[i])) return true;
    }
    return false;
  }

  /** The client waits for events. */
  get wantsStream(): bool {
    const root = this.root;
    return root !== null && root.isObject && boolOf(root.get(STREAM));
  }

  /** All of them, one behind the other. Memory of its own. */
  whole(): Slice {
    if (this.fields.length == 1) return this.fields[0].current;
    const out = new Builder(256);
    for (let i = 0; i < this.fields.length; i++) out.append(this.fields[i].current);
    return out.toSlice();
  }

  get isChanged(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (this.fields[i].changed !== null) return true;
    }
    return false;
  }

  /**
   * Gives each field its part of a text that takes the place of `whole()`: by the number of their
   * characters, the last one the rest (content-security.md 3.2).
   */
  spread(text: Slice): void {
    const fields = this.fields;
    let total = 0;
    for (let i = 0; i < fields.length; i++) total += runesIn(fields[i].current);
    const runes = runesIn(text);
    let from = 0;
    for (let i = 0; i < fields.length; i++) {
      const isLast = i == fields.length - 1;
      const share =
        total > 0 ? <i64>runes * runesIn(fields[i].current) / total : <i64>(runes / fields.length);
      const to = isLast ? text.length : behindRunes(text, from, <i32>share);
      const part = text.sub(from, to);
      if (!part.equals(fields[i].text)) fields[i].changed = part;
      from = to;
    }
  }

  /**
   * The body with what was changed; all other bytes stay.
   *
   * @param body the same one, where it may lie now
   * @returns memory of its own; null when a text does not stand in the body as it is
   */
  edit(body: Slice): Slice | null {
    const out = new Builder(body.length + 64);
    let from = 0;
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      const changed = field.changed;
      if (changed === null) continue;
      if (field.start < from) return null;
      out.append(body.sub(from, field.start)).append(quote(changed));
      from = field.start + field.length;
    }
    return out.append(body.sub(from)).toSlice();
  }

  private takeParts(list: JsonValue): void {
    const items = list.entries();
    while (items.next()) {
      const item = items.value;
      if (!item.isObject || !textOf(item.get(TYPE)).equals(TEXT)) continue;
      const text = item.get(TEXT);
      if (text !== null) this.add(text);
    }
  }

  private add(value: JsonValue): void {
    const text = value.isString ? textOf(value) : value.raw;
    if (text.isEmpty) return;
    const raw = value.raw;
    const isInPlace = raw.ptr >= this.body.ptr && raw.ptr + raw.length <= this.body.ptr + this.body.length;
    const start = isInPlace ? <i32>(raw.ptr - this.body.ptr) : -1;
    this.fields.push(new TextField(start, raw.length, text.kept()));
  }
}

/** Characters of a UTF-8 text. */
export function runesIn(text: Slice): i32 {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.at(i) & 0xc0) != 0x80) count++;
  }
  return count;
}

function behindRunes(text: Slice, from: i32, runes: i32): i32 {
  let at = from;
  for (let left = runes; at < text.length; at++) {
    if ((text.at(at) & 0xc0) == 0x80) continue;
    if (left-- == 0) break;
  }
  return at;
}
