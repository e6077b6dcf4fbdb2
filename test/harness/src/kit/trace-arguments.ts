import { decodePairs } from "../abi/pairs.js";
import { toText, utf8 } from "../abi/text.js";
import type { GuestMemory } from "../abi/memory.js";

/**
 * Parameters of the host calls in words: a word takes one wasm parameter, `text`, `pairs`, `path`,
 * `size` and `bytes` take two (pointer and length). What the host writes: `out` is not shown,
 * `id` a u32, `bytes` the size of a result.
 */
const SHAPES: Readonly<Record<string, string>> = {
  proxy_log: "level text",
  proxy_get_log_level: "id",
  proxy_get_status: "id bytes",
  proxy_get_configuration: "bytes",
  proxy_set_tick_period_milliseconds: "number",
  proxy_get_current_time_nanoseconds: "out",
  proxy_get_property: "path bytes",
  proxy_set_property: "path size",
  proxy_get_header_map_value: "map text bytes",
  proxy_add_header_map_value: "map text size",
  proxy_replace_header_map_value: "map text size",
  proxy_remove_header_map_value: "map text",
  proxy_get_header_map_pairs: "map bytes",
  proxy_set_header_map_pairs: "map pairs",
  proxy_get_header_map_size: "map id",
  proxy_get_buffer_bytes: "buffer number number bytes",
  proxy_get_buffer_status: "buffer id out",
  proxy_set_buffer_bytes: "buffer number number size",
  proxy_continue_stream: "stream",
  proxy_close_stream: "stream",
  proxy_send_local_response: "number text size pairs signed",
  proxy_http_call: "text pairs size pairs number id",
  proxy_grpc_call: "text text text pairs size number id",
  proxy_grpc_stream: "text text text pairs id",
  proxy_grpc_send: "number size number",
  proxy_grpc_close: "number",
  proxy_grpc_cancel: "number",
  proxy_set_shared_data: "text size number",
  proxy_get_shared_data: "text bytes id",
  proxy_register_shared_queue: "text id",
  proxy_resolve_shared_queue: "text text id",
  proxy_enqueue_shared_queue: "number size",
  proxy_dequeue_shared_queue: "number bytes",
  proxy_define_metric: "metric text id",
  proxy_increment_metric: "number number",
  proxy_record_metric: "number number",
  proxy_get_metric: "number out",
  proxy_set_effective_context: "context",
  proxy_call_foreign_function: "text size bytes",
  proxy_redis_init: "text size size number",
  proxy_redis_call: "text size id",
  proxy_inject_encoded_data_to_filter_chain: "size number",
  proxy_get_upstream_hosts: "bytes",
  proxy_set_upstream_override_host: "text",
  clock_time_get: "number out out",
  random_get: "out number",
  fd_write: "number out number out",
  proc_exit: "number",
};

const NAMES: Readonly<Record<string, readonly string[]>> = {
  level: ["trace", "debug", "info", "warn", "error", "critical"],
  map: "request headers,request trailers,response headers,response trailers,grpc initial metadata,grpc trailing metadata,call headers,call trailers".split(","), // prettier-ignore
  buffer: "request body,response body,downstream data,upstream data,call body,grpc message,vm configuration,plugin configuration,call data,redis reply".split(","), // prettier-ignore
  stream: ["request", "response", "downstream", "upstream"],
  metric: ["counter", "gauge", "histogram"],
};
const TWO = new Set(["text", "pairs", "path", "size", "bytes"]);
const NO_BYTES = new Uint8Array(0);

type Value = number | bigint | string;

/** A word of a shape with the index of its (first) wasm parameter. */
interface Slot {
  word: string;
  at: number;
}

const slots = new Map<string, readonly Slot[]>();

function slotsOf(name: string): readonly Slot[] {
  let found = slots.get(name);
  if (!found) {
    let at = 0;
    const words = SHAPES[name]?.split(" ") ?? [];
    found = words.map((word) => {
      const slot = { word, at };
      at += TWO.has(word) ? 2 : 1;
      return slot;
    });
    slots.set(name, found);
  }
  return found;
}

/** Copies of what the pointers of a host call point to, in the order of its parameters. */
export function copyInputs(
  name: string,
  args: readonly Value[],
  memory: GuestMemory,
): readonly Uint8Array[] {
  const copies: Uint8Array[] = [];
  for (const { word, at } of slotsOf(name)) {
    if (word !== "text" && word !== "pairs" && word !== "path") continue;
    const [pointer, length] = [Number(args[at]), Number(args[at + 1])];
    copies.push(memory.holds(pointer, length) ? memory.read(pointer, length) : NO_BYTES);
  }
  return copies;
}

/** What a host call that went well wrote: sizes and ids, in the order of its parameters. */
export function readOutputs(
  name: string,
  args: readonly Value[],
  memory: GuestMemory,
): readonly string[] {
  const out: string[] = [];
  for (const { word, at } of slotsOf(name)) {
    if (word !== "id" && word !== "bytes") continue;
    const pointer = Number(args[word === "bytes" ? at + 1 : at]);
    if (pointer === 0 || !memory.holds(pointer, 4)) continue;
    out.push(word === "bytes" ? `${memory.u32(pointer)} bytes` : `${memory.u32(pointer)}`);
  }
  return out;
}

/** Arguments as a reader wants them: names, header names, sizes; no pointers and no values. */
export function spellArguments(
  name: string,
  args: readonly Value[],
  inputs: readonly Uint8Array[],
  context: (id: number) => string,
): string[] {
  const copies = [...inputs];
  return slotsOf(name).flatMap(({ word, at }) => {
    const value = args[at] ?? 0;
    if (word === "number") return [spellNumber(value)];
    if (word === "signed") return [String(Number(value) | 0)];
    if (word === "size") return [`${Number(args[at + 1]) >>> 0} bytes`];
    if (word === "context") return [context(Number(value))];
    if (word === "text") return [JSON.stringify(utf8(copies.shift() ?? NO_BYTES))];
    if (word === "path") return [utf8(copies.shift() ?? NO_BYTES).replaceAll("\0", ".")];
    if (word === "pairs") return [spellPairs(copies.shift() ?? NO_BYTES)];
    if (NAMES[word]) return [NAMES[word][Number(value)] ?? String(value)];
    return [];
  });
}

function spellPairs(bytes: Uint8Array): string {
  if (bytes.length === 0) return "[]";
  const pairs = decodePairs(bytes);
  return pairs ? `[${pairs.map(([name]) => toText(name)).join(" ")}]` : "[malformed]";
}

/** Wasm has no signs; a host reads 32 or 64 bits without one. */
export function spellNumber(value: Value): string {
  if (typeof value === "bigint") return String(BigInt.asUintN(64, value));
  return typeof value === "number" ? String(value >>> 0) : value;
}
