import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { OwnFields } from "@ai-gateway-wasm/kit";
import { Geometry, MAX_SETS, MAX_WAYS } from "@ai-gateway-wasm/store/slots";

const LONGEST_NAMESPACE: i32 = 64;
const DEFAULT_NAMESPACE: Slice = bytes("default");

/** Reads the shape of a table; null: all defaults. Errors are noted; the answer is any then. */
export function readGeometry(block: OwnFields | null): Geometry {
  if (block === null) return usualGeometry();
  const entries = <i32>block.integer("maxEntries", 1024, 1, MAX_SETS * 8);
  const ways = <i32>block.integer("ways", 8, 1, MAX_WAYS);
  const entryBytes = <i32>block.integer("maxEntryBytes", 65536, 1, 16777216);
  const bytesInAll = block.integer("maxBytes", 33554432, 1, i32.MAX_VALUE);
  const geometry = new Geometry(readNamespace(block), entries, ways, entryBytes, bytesInAll);
  if (geometry.sets * ways < entries) {
    block.refuse("maxEntries", "is too much for so few ways");
  }
  if (<i64>entryBytes > geometry.setBudget) {
    block.refuse("maxEntryBytes", "must not be above maxBytes / (maxEntries / ways)");
  }
  return geometry;
}

export function usualGeometry(): Geometry {
  return new Geometry(DEFAULT_NAMESPACE, 1024, 8, 65536, 33554432);
}

function readNamespace(block: OwnFields): Slice {
  const name = block.text("namespace", DEFAULT_NAMESPACE);
  const isPlain = !name.isEmpty && name.length <= LONGEST_NAMESPACE && name.indexOf(0x2f) < 0;
  if (!isPlain) block.refuse("namespace", "must be 1 to 64 bytes without /");
  return name;
}
