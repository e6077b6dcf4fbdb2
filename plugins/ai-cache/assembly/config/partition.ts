import { bytes, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { OwnFields } from "@ai-gateway-wasm/kit";
import { isHeaderName } from "proxy-wasm-as";
import { Partition, PartitionField, PartitionKind } from "../key/partition";

const HEADER: Slice = bytes("header:");
const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
/** In the order of `PartitionKind`. */
const NAMES: string[] = [
  "route",
  "consumer",
  "model",
  "system",
  "history",
  "params",
  "tools",
  "stream",
];

/** Reads `cacheKeyPartition` and `consumerHeader`. @param usual names when there is none */
export function readPartition(ours: OwnFields, usual: string[]): Partition {
  const consumer = lowerCase(ours.text("consumerHeader", CONSUMER_HEADER));
  if (!isHeaderName(consumer)) ours.refuse("consumerHeader", "must be the name of a header");
  const given = ours.texts("cacheKeyPartition");
  const partition = new Partition();
  const count = given === null ? usual.length : given.length;
  for (let i = 0; i < count; i++) {
    const name = given === null ? bytes(usual[i]) : given[i];
    const field = readField(name, consumer);
    if (field === null) {
      const known = NAMES.join(", ") + " or header:<name>";
      ours.refuse("cacheKeyPartition", "must be a list of " + known);
      break;
    }
    if (!partition.add(field)) ours.refuse("cacheKeyPartition", "names a field twice");
  }
  if (partition.has(PartitionKind.Model)) {
    partition.add(new PartitionField(PartitionKind.Path, bytes("path"), consumer));
  }
  return partition;
}

function readField(name: Slice, consumerHeader: Slice): PartitionField | null {
  for (let i = 0; i < NAMES.length; i++) {
    if (!name.equals(bytes(NAMES[i]))) continue;
    return new PartitionField(<PartitionKind>i, bytes(NAMES[i]), consumerHeader);
  }
  if (!name.startsWith(HEADER)) return null;
  const header = lowerCase(name.sub(HEADER.length)).copy();
  if (!isHeaderName(header)) return null;
  return new PartitionField(PartitionKind.Header, lowerCase(name).copy(), header);
}
