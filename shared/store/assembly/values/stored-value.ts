import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { appendLong } from "../shared-data/long";
import { SharedSpace } from "../shared-data/space";

const HEADER_SIZE: i32 = 16;
const HOLD_SIZE: i32 = 24;
/** As length: there is no value. Shared data knows no removal. */
const NOTHING: i32 = -1;

/** Tokens that were taken from a balance and not settled yet. */
@final
export class Hold {
  constructor(
    readonly id: i64,
    readonly tokens: i64,
    /** When it may be given back, in milliseconds since 1970. */
    readonly deadlineMs: i64,
  ) {}
}

const NO_HOLDS: Hold[] = [];

/**
 * One value in shared data, under a key of its own:
 *
 *   ┌───────────┬───────────┬───────────┬────────┬──────────────────────────────┐
 *   │ end ms    │ length    │ holds     │ bytes  │ holds × (id, tokens, end ms) │
 *   │ i64, 0: – │ i32, -1:– │ i32       │        │ 3 × i64                      │
 *   └───────────┴───────────┴───────────┴────────┴──────────────────────────────┘
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
  /** More come through `addHold`. */
  holds: Hold[] = NO_HOLDS;
  /** What was read in an earlier callback is still there, for one write. */
  isKept: bool = false;

  constructor(space: SharedSpace, key: Slice) {
    this.key = space.valueKey(key);
  }

  read(nowMs: i64): void {
    this.isKept = false;
    this.bytes = null;
    this.endMs = 0;
    this.holds = NO_HOLDS;
    const found = getSharedData(this.key);
    this.cas = found === null ? ONLY_IF_ABSENT : found.cas;
    if (found !== null && found.data.length >= HEADER_SIZE) this.decode(found.data, nowMs);
  }

  addHold(hold: Hold): void {
    if (this.holds === NO_HOLDS) this.holds = [];
    this.holds.push(hold);
  }

  /** Keeps what was read for a later callback. */
  keep(): void {
    const bytes = this.bytes;
    if (bytes !== null) this.bytes = bytes.kept();
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
    const out = new Builder(HEADER_SIZE + this.holds.length * HOLD_SIZE + 32);
    appendLong(out, value === null ? 0 : this.endMs);
    appendLong(out, ((<i64>this.holds.length) << 32) | (<i64>(<u32>lengthOf(value))));
    if (value !== null) out.append(value);
    for (let i = 0; i < this.holds.length; i++) {
      appendLong(out, this.holds[i].id);
      appendLong(out, this.holds[i].tokens);
      appendLong(out, this.holds[i].deadlineMs);
    }
    return setSharedData(this.key, out.view(), this.cas);
  }

  private decode(data: Slice, nowMs: i64): void {
    const length = load<i32>(data.ptr, 8);
    const count = load<i32>(data.ptr, 12);
    const holdsAt = HEADER_SIZE + max(0, length);
    const isWhole = <i64>holdsAt + <i64>count * HOLD_SIZE == <i64>data.length;
    if (length < NOTHING || count < 0 || !isWhole) return;
    for (let i = 0; i < count; i++) {
      const ptr = data.ptr + <usize>(holdsAt + i * HOLD_SIZE);
      this.addHold(new Hold(load<i64>(ptr), load<i64>(ptr, 8), load<i64>(ptr, 16)));
    }
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
