import { CacheConfig } from "@ai-gateway-wasm/ai-cache/assembly/config/config";
import { keyOf } from "@ai-gateway-wasm/ai-cache/assembly/key/cache-key";
import { ChatRequest } from "@ai-gateway-wasm/ai-cache/assembly/key/chat-request";
import { PartitionField, PartitionKind } from "@ai-gateway-wasm/ai-cache/assembly/key/partition";
import { questionOf } from "@ai-gateway-wasm/ai-cache/assembly/key/question";
import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Geometry, Put, SlotEntry, SlotGauges, SlotTable } from "@ai-gateway-wasm/store/slots";
import { beginArena } from "proxy-wasm-as/assembly/memory/arena";
import { answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";
export { proxy_on_memory_allocate } from "proxy-wasm-as/assembly/abi/memory";

/*
 * Requests of many partitions against one table. What is stored says exactly who asked what, so that
 * an answer can be checked without the code under test.
 */

/** Texts that look like parts of keys, so that joined ones are alike wherever that is possible. */
const FRAGMENTS: Slice[] = [
  NO_BYTES,
  bytes("a"),
  bytes("1:a"),
  bytes("model=1:a"),
  bytes("key=1:a"),
  bytes("\u0000"),
];

let seed: u32 = 1;
let clock: i64 = 1_800_000_000_000;
const config: CacheConfig = configuration();
const geometry: Geometry = new Geometry(bytes("test"), 4096, 8, 65536, 33554432);
const table: SlotTable = new SlotTable(geometry, new SlotGauges(bytes("test")));

export function begin(start: i32): void {
  seed = <u32>start;
  table.settle();
}

function below(limit: i32): i32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return <i32>(seed % <u32>limit);
}

function text(): Slice {
  const out = new Builder(32);
  for (let i = below(8) == 0 ? 1 : 0; i >= 0; i--) out.append(FRAGMENTS[below(FRAGMENTS.length)]);
  return out.view();
}

function configuration(): CacheConfig {
  const config = new CacheConfig();
  const partition = config.partition;
  partition.add(new PartitionField(PartitionKind.Consumer, bytes("consumer"), bytes("x")));
  partition.add(new PartitionField(PartitionKind.Model, bytes("model"), bytes("x")));
  partition.add(new PartitionField(PartitionKind.System, bytes("system"), bytes("x")));
  partition.add(new PartitionField(PartitionKind.Header, bytes("header:x-a"), bytes("x")));
  return config;
}

/** `<length>:<bytes>` of each: no two lists are alike. */
function identity(parts: Slice[]): Slice {
  const out = new Builder(128);
  for (let i = 0; i < parts.length; i++) {
    out.appendInteger(parts[i].length).appendByte(0x3a).append(parts[i]);
  }
  return out.view();
}

/**
 * Looks `rounds` random requests up, and stores what was not there. Answers
 * `<hits> <misses> <wrong answers>`.
 */
export function compete(rounds: i32): void {
  let hits = 0;
  let misses = 0;
  let wrong = 0;
  for (let i = 0; i < rounds; i++) {
    beginArena();
    const nowMs = ++clock;
    const consumer = text();
    const tenant = text();
    const model = text();
    const system = text();
    const asked = text();
    if (asked.isEmpty) continue;
    const json = new JsonWriter(Escape.Plain).openObject().key("model").text(model);
    json.key("messages").openArray();
    json.openObject().key("role").string("system").key("content").text(system).closeObject();
    json.openObject().key("role").string("user").key("content").text(asked).closeObject();
    const request = new ChatRequest(json.closeArray().closeObject().toSlice());
    const question = questionOf(config, request);
    const headers: Slice[] = [consumer, NO_BYTES, NO_BYTES, tenant];
    const key = keyOf(config, request, question, headers);
    const expected = identity([consumer, tenant, model, system, asked]);
    const found = table.find(key.slot, nowMs);
    if (found === null) {
      misses++;
      const put = table.put(key.slot, new SlotEntry(expected, nowMs, 0), nowMs);
      if (put != Put.Stored) wrong++;
    } else if (found.payload.equals(expected)) {
      hits++;
    } else {
      wrong++;
    }
  }
  answerText(hits.toString() + " " + misses.toString() + " " + wrong.toString());
}
