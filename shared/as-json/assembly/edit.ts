import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { quote } from "./escape";
import { KeyPath, KeyStep } from "./key-path";
import { JsonCursor } from "./cursor";
import { readJson } from "./value";

/**
 * The document with the value at `path` replaced by `json`, or added at the end of its object when
 * it is missing (missing objects on the way are added too). All other bytes stay as they are. Where
 * a key occurs more than once every occurrence is set: parsers disagree about which one counts.
 *
 * An index equal to the length of an array appends. `#` stands for every element. Null when nothing
 * was changed: a scalar stands in the way, an index is out of range, or the text is cut off there.
 * The document is not validated; a valid one stays valid.
 *
 * @param json one JSON value, as from `quoteLikeSjson` or `JsonWriter`
 */
export function setValue(document: Slice, path: KeyPath, json: Slice): Slice | null {
  const editor = new Editor(document, path, json);
  return editor.run();
}

/**
 * The document without the members or elements at `path`, every occurrence of them, and without
 * the commas that belonged to them. Null when there is none.
 */
export function removeValue(document: Slice, path: KeyPath): Slice | null {
  const editor = new Editor(document, path, null);
  return editor.run();
}

/**
 * A string as sjson 1.2.5 writes it into a document: plain ASCII as it is (also `<`), all else
 * with Go's escapes (model-router contract 3.1).
 */
export function quoteLikeSjson(text: Slice): Slice {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (byte < Char.Space || byte > 0x7f) return quote(text);
    if (byte == Char.Quote || byte == Char.Backslash) return quote(text);
  }
  const out = new Builder(text.length + 2).appendByte(<u8>Char.Quote);
  return out
    .append(text)
    .appendByte(<u8>Char.Quote)
    .view();
}

/** Walks to every place the path names, and notes in document order what to replace by what. */
@final
class Editor {
  /** Without memory until something is to be written. */
  private out: Builder = new Builder(0);
  /** Up to here the document is copied to `out` or cut out. */
  private copied: usize;

  constructor(
    private readonly document: Slice,
    private readonly path: KeyPath,
    /** The new value; null: remove. */
    private readonly json: Slice | null,
  ) {
    this.copied = document.ptr;
  }

  run(): Slice | null {
    const root = readJson(this.document);
    if (root !== null) this.visit(root.entries(), root.at + 1, 0);
    if (this.copied == this.document.ptr) return null;
    this.copyUntil(this.document.ptr + <usize>this.document.length);
    return this.out.view();
  }

  /**
   * Recursion is bounded by the path (64 components), not by the document.
   *
   * @param cursor before the first entry
   */
  private visit(cursor: JsonCursor, start: usize, depth: i32): void {
    const step = this.path.steps[depth];
    const isLast = depth + 1 == this.path.steps.length;
    if (isLast && this.json === null) {
      this.removeFrom(cursor, step);
      return;
    }
    let count = 0;
    let found = false;
    let lastEnd = start;
    for (; cursor.next(); count++) {
      const isNamed = step.names(cursor, count);
      const address = cursor.address;
      if (isNamed) found = true;
      if (isNamed && !isLast) this.visit(cursor.inner(), address + 1, depth + 1);
      lastEnd = cursor.pass();
      if (isNamed && isLast) this.replace(address, lastEnd);
    }
    if (!found) this.insert(cursor, depth, count, lastEnd);
  }

  /** Replaces `[start, end)` by the new value. */
  private replace(start: usize, end: usize): void {
    const json = this.json;
    if (start < this.copied) return; // only where brackets are mixed up
    this.copyUntil(start);
    if (json !== null) this.out.append(json);
    this.copied = end;
  }

  /** Adds a missing entry after the last one, with all containers the rest of the path asks for. */
  private insert(cursor: JsonCursor, depth: i32, count: i32, at: usize): void {
    const json = this.json;
    const steps = this.path.steps;
    const step = steps[depth];
    if (json === null || step.isEach || !cursor.isClosed) return;
    if (!cursor.hasKeys && step.index != count) return;
    for (let i = depth + 1; i < steps.length; i++) {
      if (steps[i].isEach || steps[i].index > 0) return;
    }
    if (at < this.copied) return;
    this.copyUntil(at);
    if (count > 0) this.out.appendByte(<u8>Char.Comma);
    if (cursor.hasKeys) this.appendKey(step);
    for (let i = depth + 1; i < steps.length; i++) {
      const isArray = steps[i].index == 0;
      this.out.appendByte(<u8>(isArray ? Char.OpenSquare : Char.OpenCurly));
      if (!isArray) this.appendKey(steps[i]);
    }
    this.out.append(json);
    for (let i = steps.length - 1; i > depth; i--) {
      this.out.appendByte(<u8>(steps[i].index == 0 ? Char.CloseSquare : Char.CloseCurly));
    }
  }

  private appendKey(step: KeyStep): void {
    this.out.append(quoteLikeSjson(step.key)).appendByte(<u8>Char.Colon);
  }

  /** Cuts entries out: each up to the next entry, the last ones from the end of the last kept one. */
  private removeFrom(cursor: JsonCursor, step: KeyStep): void {
    let keptEnd: usize = 0; // end of the last entry that stays, 0 before the first
    let cutStart: usize = 0; // start of the entries being removed, 0 when none
    let end: usize = 0;
    for (let count = 0; cursor.next(); count++) {
      const start = cursor.entryAddress;
      const isNamed = step.names(cursor, count);
      end = cursor.pass();
      if (isNamed) {
        if (cutStart == 0) cutStart = start;
        continue;
      }
      if (cutStart != 0) this.cut(cutStart, start);
      cutStart = 0;
      keptEnd = end;
    }
    if (cutStart != 0) this.cut(keptEnd != 0 ? keptEnd : cutStart, end);
  }

  private cut(start: usize, end: usize): void {
    if (start < this.copied) return;
    this.copyUntil(start);
    this.copied = end;
  }

  private copyUntil(end: usize): void {
    if (this.out.length == 0) this.out = new Builder(this.document.length + 64);
    this.out.appendRaw(this.copied, <i32>(end - this.copied));
    this.copied = end;
  }
}
