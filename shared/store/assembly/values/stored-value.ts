import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { appendLong } from "../shared-data/long";
import { SharedSpace } from "../shared-data/space";

const HEADER_SIZE: i32 = 16;
const HOLD_SIZE: i32 = 24;
/** As length: there is no value. Shared data knows no removal. */
const NOTHING: i32 = -1;

/**
 * One value in shared data, under a key of its own:
 *
 *   ┌───────────┬───────────┬───────────┬────────┬──────────────────────────────┐
 *   │ end ms    │ length    │ holds     │ bytes  │ holds × (id, tokens, end ms) │
 *   │ i64, 0: – │ i32, -1:– │ i32       │        │ 3 × i64                      │
 *   └───────────┴───────────┴───────────┴────────┴──────────────────────────────┘
 *
 * A hold is what was taken from a balance and not settled yet; who has thousands of requests under way
 * has thousands of them, so they stay as they are written.
 *
 * Read it, change it, write it; when somebody else wrote in between, again.
 */
@final
export class StoredValue {
  private readonly key: Slice;
  private cas: u32 = ONLY_IF_ABSENT;
  /** Null: the key is missing. In the callback arena after `read`. */
  bytes: Slice | null = null;
  /** 0: never. */
  endMs: i64 = 0;
  /** As they are written; memory as that of `bytes`. */
  private holds: Slice = NO_BYTES;
  /** What was read in an earlier callback is still there, for one write. */
  isKept: bool = false;

  constructor(space: SharedSpace, key: Slice) {
    this.key = space.valueKey(key);
  }

  read(nowMs: i64): void {
    this.isKept = false;
    this.bytes = null;
    this.endMs = 0;
    this.holds = NO_BYTES;
    const found = getSharedData(this.key);
    this.cas = found === null ? ONLY_IF_ABSENT : found.cas;
    if (found !== null && found.data.length >= HEADER_SIZE) this.decode(found.data, nowMs);
  }

  /** @param deadlineMs when it may be given back, in milliseconds since 1970 */
  addHold(id: i64, tokens: i64, deadlineMs: i64): void {
    const out = new Builder(this.holds.length + HOLD_SIZE).append(this.holds);
    appendLong(out, id);
    appendLong(out, tokens);
    appendLong(out, deadlineMs);
    this.holds = out.view();
  }

  /**
   * Takes out the hold with an id, and those whose time was over before a moment.
   *
   * @returns their tokens; 0: there are none
   */
  takeHolds(id: i64, nowMs: i64): i64 {
    const holds = this.holds;
    let tokens: i64 = 0;
    let kept: Builder | null = null;
    let from = 0;
    for (let at = 0; at < holds.length; at += HOLD_SIZE) {
      const ptr = holds.ptr + <usize>at;
      if (load<i64>(ptr) != id && load<i64>(ptr, 16) >= nowMs) continue;
      tokens += load<i64>(ptr, 8);
      if (kept === null) kept = new Builder(holds.length);
      kept.append(holds.sub(from, at));
      from = at + HOLD_SIZE;
    }
    if (kept !== null) this.holds = kept.append(holds.sub(from)).view();
    return tokens;
  }

  /** What was taken before is forgotten. */
  dropHolds(): void {
    this.holds = NO_BYTES;
  }

  /** Keeps what was read for a later callback. */
  keep(): void {
    const bytes = this.bytes;
    if (bytes !== null) this.bytes = bytes.kept();
    this.holds = this.holds.kept();
    this.isKept = true;
  }

  /** What was kept, else as `read`. Spares a call of the host when nobody wrote since. */
  recall(nowMs: i64): void {
    if (!this.isKept) return this.read(nowMs);
    this.isKept = false;
    if (this.isOver(nowMs)) this.bytes = null;
  }

  /** CasMismatch: the value was changed since `read`, nothing was written. */
  write(): Status {
    const value = this.bytes;
    const holds = this.holds;
    const out = new Builder(HEADER_SIZE + holds.length + 32);
    appendLong(out, value === null ? 0 : this.endMs);
    appendLong(out, ((<i64>(holds.length / HOLD_SIZE)) << 32) | (<i64>(<u32>lengthOf(value))));
    if (value !== null) out.append(value);
    return setSharedData(this.key, out.append(holds).view(), this.cas);
  }

  private decode(data: Slice, nowMs: i64): void {
    const length = load<i32>(data.ptr, 8);
    const count = load<i32>(data.ptr, 12);
    const holdsAt = HEADER_SIZE + max(0, length);
    const isWhole = <i64>holdsAt + <i64>count * HOLD_SIZE == <i64>data.length;
    if (length < NOTHING || count < 0 || !isWhole) return;
    if (count > 0) this.holds = data.sub(holdsAt);
    this.endMs = load<i64>(data.ptr);
    if (length != NOTHING && !this.isOver(nowMs)) this.bytes = data.sub(HEADER_SIZE, holdsAt);
  }

  private isOver(nowMs: i64): bool {
    return this.endMs != 0 && this.endMs < nowMs;
  }
}

function lengthOf(value: Slice | null): i32 {
  return value === null ? NOTHING : value.length;
}
