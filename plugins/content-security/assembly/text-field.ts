import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, Slice, sortBy } from "@ai-gateway-wasm/bytes";

/** A text of a JSON body that is judged, and where it stands. */
@final
export class TextField {
  /** What takes its place; null: nothing. */
  changed: Slice | null = null;
  /** What judges see, where `changed` has originals that were put back; null: what goes on. */
  shown: Slice | null = null;
  /** What changed was taken out: not only originals were put back. */
  isMasked: bool = false;
  /** It is the whole body, and no literal. */
  isWhole: bool = false;

  constructor(
    /** Offset of its literal in the body; −1: it does not stand there as it is. */
    readonly start: i32,
    readonly length: i32,
    /** Memory of its own. */
    readonly text: Slice,
    /** Of its message; no bytes: unknown. */
    readonly role: Slice,
    /** The text is JSON itself: what a tool is called with. */
    readonly isJson: bool,
  ) {}

  /** It is what a tool is called with. */
  get isCall(): bool {
    return this.isJson && !this.isWhole;
  }

  /** Another text takes its place, without what was found in it. */
  mask(text: Slice): void {
    this.changed = text;
    this.isMasked = true;
  }

  /** The text as it goes on. */
  get current(): Slice {
    const changed = this.changed;
    return changed === null ? this.text : changed;
  }

  /** The text as judges see it. */
  get judged(): Slice {
    const shown = this.shown;
    return shown === null ? this.current : shown;
  }
}

/** Where a piece of a document begins in it; −1: it was made up. */
export function offsetIn(document: Slice, piece: Slice): i32 {
  const end = document.ptr + <usize>document.length;
  if (piece.ptr < document.ptr || piece.ptr + <usize>piece.length > end) return -1;
  return <i32>(piece.ptr - document.ptr);
}

/**
 * A piece of a body with what was changed in its fields; all other bytes stay.
 *
 * @param offset where the piece begins in the body
 * @param isJudged as judges see it
 * @returns memory of its own; null when a text does not stand in the piece as it is
 */
export function editFields(
  all: TextField[],
  piece: Slice,
  offset: i32,
  isJudged: bool,
): Slice | null {
  const out = new Builder(piece.length + 64);
  const fields = changedFields(all);
  let from = 0;
  for (let i = 0; i < fields.length; i++) {
    const changed = isJudged ? fields[i].judged : fields[i].changed;
    const start = fields[i].start - offset;
    if (fields[i].start < 0 || start < from || changed === null) return null;
    out.append(piece.sub(from, start)).append(fields[i].isWhole ? changed : quote(changed));
    from = start + fields[i].length;
  }
  return out.append(piece.sub(from)).toSlice();
}

/** In the order of the body: not all APIs are read in it. */
function changedFields(all: TextField[]): TextField[] {
  const changed: TextField[] = [];
  for (let i = 0; i < all.length; i++) if (all[i].changed !== null) changed.push(all[i]);
  sortByPlace(changed);
  return changed;
}

/** Clients choose the order of what they send: it must not cost the square of its length. */
export function sortByPlace(fields: TextField[]): void {
  sortBy(fields, (field) => field.start);
}
