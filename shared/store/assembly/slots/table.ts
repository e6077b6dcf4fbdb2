import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ALWAYS, getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { Directory } from "./directory";
import { SlotGauges } from "./gauges";
import { Geometry } from "./geometry";
import { SlotEntry } from "./slot";

/** How often a directory is read again that somebody else changed meanwhile. */
const ATTEMPTS: i32 = 4;
/** Between a claim and its payload there are microseconds; a slot without one is given up after this. */
const GRACE_S: u32 = 2;

/** What became of a payload. */
export const enum Put {
  Stored,
  /** Longer than `maxEntryBytes`. */
  TooLong,
  /** Others were faster each time, or the host refused. */
  GivenUp,
}

/**
 * A hash table of a fixed number of slots in shared data: bounded whoever sends whatever, correct
 * between workers. A digest names its set by its first bytes; in the set the directory says which slot
 * may hold it. The directory is only a hint: what a slot says about itself decides.
 *
 *   store   directory (compare and set) ─► slot ─► slots of what was evicted := ""
 *   find    directory ─► slot ─► is it really ours?
 *
 * A reader between the two writes of a writer sees a generation that does not match: a miss.
 */
@final
export class SlotTable {
  constructor(
    readonly geometry: Geometry,
    private readonly gauges: SlotGauges,
  ) {}

  /** Makes the shape of this table the one in use; whoever changes it empties the old one. */
  settle(): void {
    const geometry = this.geometry;
    const found = getSharedData(geometry.shapeKey());
    const shape = geometry.shape;
    if (found !== null && found.data.equals(shape)) return;
    const cas = found === null ? ONLY_IF_ABSENT : found.cas;
    const old: Geometry | null = found === null ? null : geometry.ofShape(found.data);
    const status = setSharedData(geometry.shapeKey(), shape, cas);
    if (status == Status.Ok && old !== null) this.clear(old);
  }

  /**
   * The entry of a digest, or null.
   *
   * @param digest 32 bytes
   */
  find(digest: Slice, nowMs: i64): SlotEntry | null {
    const nowS = <u32>(nowMs / 1000);
    const directory = new Directory(this.geometry, this.setOf(digest));
    const way = directory.find(digest);
    if (way < 0) return null;
    const value = getSharedData(this.geometry.slotKey(directory.set, way));
    const entry: SlotEntry | null =
      value === null ? null : SlotEntry.decode(value.data, digest, directory.generationOf(way));
    if (entry === null || entry.isExpired(nowMs)) {
      const isYoung = nowS - directory.usedAt(way) < GRACE_S;
      // When somebody else was faster, it is theirs to do.
      if (entry !== null || !isYoung) this.release(directory, way);
      return null;
    }
    if (directory.isTouchDue(way, nowS)) {
      directory.touch(way, nowS);
      directory.write(); // whoever was faster has touched it, too, or changed more than that
    }
    return entry;
  }

  /** Stores an entry in place of what the digest had; one that is too long leaves nothing there. */
  put(digest: Slice, entry: SlotEntry, nowMs: i64): Put {
    if (entry.payload.length > this.geometry.maxEntryBytes) {
      this.remove(digest);
      return Put.TooLong;
    }
    for (let i = 0; i < ATTEMPTS; i++) {
      const directory = new Directory(this.geometry, this.setOf(digest));
      const status = this.claim(directory, digest, entry, nowMs);
      if (status == Status.Ok) return Put.Stored;
      if (status != Status.CasMismatch) break;
    }
    return Put.GivenUp;
  }

  /** Forgets the entry of a digest. */
  remove(digest: Slice): void {
    for (let i = 0; i < ATTEMPTS; i++) {
      const directory = new Directory(this.geometry, this.setOf(digest));
      const way = directory.find(digest);
      if (way < 0 || this.release(directory, way)) return;
    }
  }

  /** Frees what has expired in one set. */
  sweep(set: i32, nowMs: i64): void {
    const directory = new Directory(this.geometry, set);
    const entries = directory.entries;
    const bytes = directory.bytes;
    const freed = this.freeExpired(directory, <u32>(nowMs / 1000));
    if (freed == 0 || directory.write() != Status.Ok) return;
    this.empty(set, freed);
    this.gauges.add(directory.entries - entries, directory.bytes - bytes);
  }

  private setOf(digest: Slice): i32 {
    return <i32>(load<u32>(digest.ptr) & (<u32>(this.geometry.sets - 1)));
  }

  private claim(directory: Directory, digest: Slice, entry: SlotEntry, nowMs: i64): Status {
    const nowS = <u32>(nowMs / 1000);
    const entries = directory.entries;
    const bytes = directory.bytes;
    let freed = this.freeExpired(directory, nowS);
    const expired = popcnt(freed);
    let way = directory.find(digest);
    if (way < 0) way = directory.firstFree();
    if (way < 0) {
      way = directory.oldest(-1);
      freed |= 1 << way;
    }
    directory.free(way);
    const size = max(1, entry.payload.length);
    while (directory.bytes + <i64>size > this.geometry.setBudget) {
      const other = directory.oldest(way);
      if (other < 0) break;
      directory.free(other);
      freed |= 1 << other;
    }
    const expiresS = <u32>((entry.expiresMs + 999) / 1000);
    directory.claim(way, digest, size, expiresS, nowS);
    const status = directory.write();
    if (status != Status.Ok) return status;
    const value = entry.encode(digest, directory.generationOf(way));
    setSharedData(this.geometry.slotKey(directory.set, way), value, ALWAYS);
    this.empty(directory.set, freed & ~(1 << way));
    this.gauges.countEvictions(popcnt(freed) - expired);
    this.gauges.add(directory.entries - entries, directory.bytes - bytes);
    return Status.Ok;
  }

  /** Marks ways free whose time is over; answers which, a bit each. */
  private freeExpired(directory: Directory, nowS: u32): i32 {
    let freed = 0;
    for (let way = 0; way < this.geometry.ways; way++) {
      if (!directory.isExpired(way, nowS)) continue;
      directory.free(way);
      freed |= 1 << way;
    }
    return freed;
  }

  /** Frees a way. False: somebody else changed the set since it was read. */
  private release(directory: Directory, way: i32): bool {
    const size = <i64>directory.sizeOf(way);
    directory.free(way);
    if (directory.write() != Status.Ok) return false;
    this.empty(directory.set, 1 << way);
    this.gauges.add(-1, -size);
    return true;
  }

  private empty(set: i32, ways: i32): void {
    for (let way = 0; way < this.geometry.ways; way++) {
      if (ways & (1 << way)) setSharedData(this.geometry.slotKey(set, way), NO_BYTES, ALWAYS);
    }
  }

  /** Gives back the memory of a table of another shape. */
  private clear(old: Geometry): void {
    for (let set = 0; set < old.sets; set++) {
      if (getSharedData(old.directoryKey(set)) === null) continue;
      const directory = new Directory(old, set);
      this.gauges.add(-directory.entries, -directory.bytes);
      setSharedData(old.directoryKey(set), NO_BYTES, ALWAYS);
      for (let way = 0; way < old.ways; way++) {
        if (directory.generationOf(way) == 0) continue; // never used
        setSharedData(old.slotKey(set, way), NO_BYTES, ALWAYS);
      }
    }
  }
}
