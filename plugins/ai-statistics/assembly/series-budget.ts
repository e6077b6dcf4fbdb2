import { Builder, bytes, BytesTable, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { sha256 } from "@ai-gateway-wasm/crypto";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";

const KEY: Slice = bytes("ai-statistics.series");
/** Bytes of one entry, the beginning of a digest: clients choose parts of the names. */
const ENTRY: i32 = 8;
/** How often other workers may be faster. */
const ATTEMPTS: i32 = 16;

/**
 * All series of the process, as far as this worker has read them. Nothing is ever taken out:
 *
 *   shared data  │ entry │ entry │ entry │ …   in the order of their coming
 */
let known: BytesTable<Slice> | null = null;

/**
 * Whether a series may be made: it is among the first `most` of all workers and configurations that
 * share a `vm_id`. The gateway is asked only while there is room.
 *
 * @param name of the series
 */
export function admitSeries(name: Slice, most: i32): bool {
  const entry = sha256(name).sub(0, ENTRY);
  const entries = entriesOfProcess();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (entries.has(entry)) return true;
    if (entries.size >= most) return false;
    const shared = getSharedData(KEY);
    const data = shared !== null ? shared.data : NO_BYTES;
    if (data.length > entries.size * ENTRY) {
      learn(entries, data);
      continue;
    }
    const longer = new Builder(data.length + ENTRY).append(data).append(entry).view();
    const cas = shared !== null ? shared.cas : ONLY_IF_ABSENT;
    if (setSharedData(KEY, longer, cas) == Status.Ok) entries.set(entry, entry);
  }
  return false;
}

function entriesOfProcess(): BytesTable<Slice> {
  let all = known;
  if (all === null) {
    all = new BytesTable<Slice>();
    known = all;
  }
  return all;
}

/** Takes down what other workers added. */
function learn(entries: BytesTable<Slice>, data: Slice): void {
  for (let at = entries.size * ENTRY; at < data.length; at += ENTRY) {
    const entry = data.sub(at, at + ENTRY).copy();
    entries.set(entry, entry);
  }
}
