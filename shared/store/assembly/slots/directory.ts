import { sameBytes, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { Geometry } from "./geometry";

/** Bytes of a digest that a directory keeps, and where they stand in it. */
export const TAG_SIZE: i32 = 16;
const TAG_AT: usize = 4;

const VERSION: u8 = 1;
const HEADER_SIZE: i32 = 2;
const WAY_SIZE: i32 = 32;
/** A lookup writes its time only this often: recency is approximate, hits are cheap. */
const TOUCH_AFTER_S: u32 = 30;

/**
 * What the slots of one set hold, in one value of shared data, little endian:
 *
 *   ┌─────┬──────┬──────────────────────────────────────────────────────────────┐
 *   │ 1   │ ways │ ways × ┌──────────┬───────────┬────────┬───────────┬───────┐ │
 *   │ u8  │ u8   │        │ tag 16 B │ expires s │ used s │ size, 0:– │ gen   │ │
 *   └─────┴──────┴────────┴──────────┴───────────┴────────┴───────────┴───────┴─┘
 *
 * Read it, change it, write it; when somebody else wrote in between, `write` says so.
 */
@final
export class Directory {
  private at: usize = 0;
  private readonly length: i32;
  private owner: StaticArray<u8> | null = null;
  private cas: u32 = ONLY_IF_ABSENT;

  constructor(
    private readonly geometry: Geometry,
    readonly set: i32,
  ) {
    const size = HEADER_SIZE + geometry.ways * WAY_SIZE;
    this.length = size;
    const found = getSharedData(geometry.directoryKey(set));
    if (found !== null) this.cas = found.cas;
    if (found !== null && isDirectory(found.data, size, geometry.ways)) {
      // The host's copy belongs to this callback and may be changed.
      this.at = found.data.ptr;
    } else {
      const empty = new StaticArray<u8>(size);
      empty[0] = VERSION;
      empty[1] = <u8>geometry.ways;
      this.owner = empty;
      this.at = changetype<usize>(empty);
    }
  }

  /** CasMismatch: it was changed since it was read, nothing was written. */
  write(): Status {
    const value = new Slice(this.at, this.length, this.owner);
    return setSharedData(this.geometry.directoryKey(this.set), value, this.cas);
  }

  /** The way that holds this digest, or -1. */
  find(digest: Slice): i32 {
    for (let way = 0; way < this.geometry.ways; way++) {
      const isTaken = this.sizeOf(way) != 0;
      if (isTaken && sameBytes(this.way(way), digest.ptr + TAG_AT, TAG_SIZE)) return way;
    }
    return -1;
  }

  /** Payload bytes as they are accounted; 0: the way is free. */
  sizeOf(way: i32): u32 {
    return load<u32>(this.way(way), 24);
  }

  generationOf(way: i32): u32 {
    return load<u32>(this.way(way), 28);
  }

  /** When it was stored or found last, in seconds since 1970, to half a minute. */
  usedAt(way: i32): u32 {
    return load<u32>(this.way(way), 20);
  }

  isExpired(way: i32, nowS: u32): bool {
    const expires = load<u32>(this.way(way), 16);
    return this.sizeOf(way) != 0 && expires != 0 && expires <= nowS;
  }

  isTouchDue(way: i32, nowS: u32): bool {
    return <i32>(nowS - this.usedAt(way)) >= <i32>TOUCH_AFTER_S;
  }

  touch(way: i32, nowS: u32): void {
    store<u32>(this.way(way), nowS, 20);
  }

  free(way: i32): void {
    const at = this.way(way);
    store<u32>(at, 0, 24);
    store<u32>(at, this.generationOf(way) + 1, 28);
  }

  /** Gives the way to a digest. @param expiresS 0: never */
  claim(way: i32, digest: Slice, size: u32, expiresS: u32, nowS: u32): void {
    const at = this.way(way);
    memory.copy(at, digest.ptr + TAG_AT, TAG_SIZE);
    store<u32>(at, expiresS, 16);
    store<u32>(at, nowS, 20);
    store<u32>(at, size, 24);
    store<u32>(at, this.generationOf(way) + 1, 28);
  }

  get entries(): i32 {
    let count = 0;
    for (let way = 0; way < this.geometry.ways; way++) {
      if (this.sizeOf(way) != 0) count++;
    }
    return count;
  }

  get bytes(): i64 {
    let sum: i64 = 0;
    for (let way = 0; way < this.geometry.ways; way++) sum += <i64>this.sizeOf(way);
    return sum;
  }

  firstFree(): i32 {
    for (let way = 0; way < this.geometry.ways; way++) {
      if (this.sizeOf(way) == 0) return way;
    }
    return -1;
  }

  /** The way in use that was not asked for longest, or -1. @param but never this one */
  oldest(but: i32): i32 {
    let found = -1;
    for (let way = 0; way < this.geometry.ways; way++) {
      if (way == but || this.sizeOf(way) == 0) continue;
      if (found < 0 || this.usedAt(way) < this.usedAt(found)) found = way;
    }
    return found;
  }

  private way(way: i32): usize {
    return this.at + <usize>(HEADER_SIZE + way * WAY_SIZE);
  }
}

/** Another plugin in the same VM may have written anything under this key. */
function isDirectory(data: Slice, size: i32, ways: i32): bool {
  return data.length == size && data.at(0) == VERSION && data.at(1) == ways;
}
