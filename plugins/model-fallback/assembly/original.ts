import { bytes, digits, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, Pairs, PairsBuilder, setProperty } from "proxy-wasm-as";
import { HeadEdits } from "./head-edits";
import { ORIGINAL_PROPERTY, PATH } from "./names";

// No header has such a name.
const TARGET: Slice = bytes("@target");
const START: Slice = bytes("@start");

/**
 * What attempts of one request begin with: edits of one attempt are still there in the next, so the
 * first one saves the headers that any of them may change. Kept in the filter state, with the
 * attempt that runs.
 */
@final
export class Original {
  constructor(
    /** Null: this is the first attempt. */
    private readonly saved: Pairs | null,
    /** The headers as they are now. */
    private readonly present: Pairs,
    /** No other attempt will ask. */
    private readonly isOnly: bool,
  ) {}

  /** @param attempts how many the request may have: what nobody will read is not written */
  static read(present: Pairs, attempts: i32): Original {
    const stored = attempts > 1 ? getProperty(ORIGINAL_PROPERTY) : null;
    return new Original(stored !== null ? new Pairs(stored) : null, present, attempts <= 1);
  }

  get isFirst(): bool {
    return this.saved === null;
  }

  /** The target of the attempt before this one; no bytes for none. */
  get lastTarget(): Slice {
    return this.saved === null ? NO_BYTES : this.find(TARGET);
  }

  /** When the attempt before this one began, in milliseconds since 1970. */
  get lastStartMs(): i64 {
    const start = this.saved === null ? -1 : parseInteger(this.find(START));
    return start < 0 ? 0 : start;
  }

  /** The client's path and query. */
  get path(): Slice {
    return this.find(PATH);
  }

  /** Undoes what earlier attempts changed. @param touched every header that one may have changed */
  restore(edits: HeadEdits, touched: Slice[]): void {
    const saved = this.saved;
    if (saved === null) return;
    for (let i = 0; i < touched.length; i++) {
      const value = saved.find(touched[i]);
      if (value === null) edits.remove(touched[i]);
      else edits.set(touched[i], value);
    }
  }

  /** Notes that an attempt at this target begins. */
  note(target: Slice, nowMs: i64, touched: Slice[]): void {
    if (this.isOnly) return;
    const pairs = new PairsBuilder().add(TARGET, target).add(START, digits(nowMs));
    const source = this.saved === null ? this.present : this.saved;
    for (let i = 0; i < touched.length && source !== null; i++) {
      const value = source.joined(touched[i]);
      if (value !== null) pairs.add(touched[i], value);
    }
    setProperty(ORIGINAL_PROPERTY, pairs.build());
  }

  private find(name: Slice): Slice {
    const saved = this.saved;
    // A path that no attempt changes is not saved.
    let value = saved !== null ? saved.find(name) : null;
    if (value === null) value = this.present.find(name);
    return value === null ? NO_BYTES : value;
  }
}
