import { bytes } from "@ai-gateway-wasm/bytes";
import {
  Flights,
  Geometry,
  SlotEntry,
  SlotGauges,
  SlotTable,
  Sweeper,
} from "@ai-gateway-wasm/store/slots";
import { beginArena } from "proxy-wasm-as/assembly/memory/arena";
import { answer, answerText, argument } from "../../json/driver/frame";

// One worker's view of a table in shared data, and of its flight locks.

export { input, outputAt, outputLength } from "../../json/driver/frame";
export { proxy_on_memory_allocate } from "proxy-wasm-as/assembly/abi/memory";

let table: SlotTable | null = null;
let sweeper: Sweeper | null = null;
let flights: Flights | null = null;

export function open(maxEntries: i32, ways: i32, maxEntryBytes: i32, maxBytes: i32): void {
  const geometry = new Geometry(bytes("test"), maxEntries, ways, maxEntryBytes, maxBytes);
  const opened = new SlotTable(geometry, new SlotGauges(bytes("test")));
  opened.settle();
  table = opened;
  sweeper = new Sweeper(opened);
  flights = new Flights(geometry);
}

export function find(nowMs: f64): void {
  beginArena();
  const entry = table!.find(argument(0), <i64>nowMs);
  answer(entry === null ? null : entry.payload);
}

/** @param expiresMs 0: never */
export function put(nowMs: f64, expiresMs: f64): void {
  beginArena();
  const entry = new SlotEntry(argument(1), <i64>nowMs, <i64>expiresMs);
  answerText((<i32>table!.put(argument(0), entry, <i64>nowMs)).toString());
}

export function sweep(nowMs: f64): void {
  beginArena();
  sweeper!.run(<i64>nowMs);
}

export function claim(nowMs: f64, deadlineMs: f64): void {
  beginArena();
  answerText((<i32>flights!.claim(argument(0), <i64>nowMs, <i64>deadlineMs)).toString());
}

export function isHeld(nowMs: f64): void {
  beginArena();
  answerText(flights!.isHeld(argument(0), <i64>nowMs) ? "yes" : "no");
}

export function release(deadlineMs: f64): void {
  beginArena();
  flights!.release(argument(0), <i64>deadlineMs);
}
