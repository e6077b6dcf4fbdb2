import { STATUS_NAMES } from "../abi/enums.js";
import type { TraceEvent } from "../types.js";
import { spellArguments, spellNumber } from "./trace-arguments.js";

const ALLOCATORS = new Set(["malloc", "proxy_on_memory_allocate"]);

/** Context ids in order of appearance, per VM; 0 stays 0. Runs of other VMs do not shift them. */
export class ContextNumbers {
  private known = new Map<string, number>();
  private counts = new Map<string, number>();

  of(vm: string, id: number): number {
    if (id === 0) return 0;
    const key = `${vm} ${id}`;
    let number = this.known.get(key);
    if (number === undefined) {
      number = (this.counts.get(vm) ?? 0) + 1;
      this.counts.set(vm, number);
      this.known.set(key, number);
    }
    return number;
  }
}

/** Arguments of an event in words. */
function spell(event: TraceEvent, numbers: ContextNumbers): string[] {
  const context = (id: number) => `#${numbers.of(event.vm, id)}`;
  if (event.kind === "host" || event.kind === "status")
    return spellArguments(event.name, event.args, event.inputs ?? [], context);
  if (event.kind !== "call") return event.args.map(String);
  const rest = event.context === 0 ? event.args : event.args.slice(1);
  if (event.name !== "proxy_on_context_create") return rest.map(spellNumber);
  return rest.map((id) => context(Number(id)));
}

/**
 * One line per event, for people and snapshots: no pointers, no addresses, contexts renumbered.
 * Calls of the allocator are left out; what a host call answered stands behind it.
 */
export function readableText(events: readonly TraceEvent[]): string {
  const numbers = new ContextNumbers();
  return events.flatMap((event) => readable(event, numbers)).join("\n");
}

function readable(event: TraceEvent, numbers: ContextNumbers): string[] {
  const { kind, name } = event;
  if (kind === "wire") return [["wire", name, ...event.args].join(" ")];
  if (kind === "violation") return [`violation ${name} ${event.plugin}: ${event.result}`];
  if (kind === "status" || ALLOCATORS.has(name)) return [];
  const own = numbers.of(event.vm, event.context);
  const effective = numbers.of(event.vm, event.effective);
  const acts = effective > 0 && effective !== own ? ` as #${effective}` : "";
  const who = `${event.vm} ${event.plugin || "-"}#${own}`;
  const args = spell(event, numbers).join(", ");
  const result = event.result === undefined ? "" : ` ${event.result}`;
  if (kind === "call") return [`${who} → ${name}(${args})`];
  if (kind === "return") return [`${who} ← ${name}${result}`];
  if (kind === "log") return [`${who}     log ${args}: ${event.result}`];
  if (kind !== "host") return [`${who}   ${kind} ${name}${result}`];
  const status = STATUS_NAMES[Number(event.result)] ?? event.result;
  const ended = event.ended ? ` = ${[status ?? "void", ...(event.outputs ?? [])].join(", ")}` : "";
  return [`${who}     ${name}(${args})${acts}${ended}`];
}

/** One JSON object per line: every field of the event, arguments in words besides. */
export function jsonLines(events: readonly TraceEvent[]): string {
  const numbers = new ContextNumbers();
  const lines = events.map((event) => {
    const { inputs: _inputs, outputs, args, ...rest } = event;
    return JSON.stringify({
      ...rest,
      context: numbers.of(event.vm, event.context),
      effective: numbers.of(event.vm, event.effective),
      args: args.map((arg) => (typeof arg === "bigint" ? String(arg) : arg)),
      words: spell(event, numbers),
      outputs,
    });
  });
  return lines.join("\n");
}

/**
 * Envoy's own lines at `--component-log-level wasm:trace`, without the time before them: calls in
 * both directions, entry and exit, the allocator's too, and what plugins log.
 */
export function envoyLog(events: readonly TraceEvent[]): string {
  return events.flatMap(envoyLine).join("\n");
}

function envoyLine(event: TraceEvent): string[] {
  const { kind, module, name } = event;
  const args = event.args.map(spellNumber).join(", ");
  const result = event.result === undefined ? "void" : spellNumber(event.result);
  if (kind === "call") return [`[host->vm] ${name}(${args})`];
  if (kind === "return") return [`[host<-vm] ${name} return: ${result}`];
  if (kind === "host") return [`[vm->host] ${module}.${name}(${args})`];
  if (kind === "status") return [`[vm<-host] ${module}.${name} return: ${result}`];
  return kind === "log" ? [`${name}${event.result}`] : [];
}

interface ChromeEvent {
  ph: "B" | "E" | "i" | "M";
  name: string;
  ts: number;
  pid: number;
  tid: number;
  s?: "t";
  args?: object;
}

/**
 * Trace Event Format, for chrome://tracing and Perfetto: a process per VM, a thread per context.
 * The fake clock does not move inside a callback, so every event takes one microsecond.
 */
export function chromeTrace(events: readonly TraceEvent[]): string {
  const numbers = new ContextNumbers();
  const processes = new Map<string, number>();
  const open = new Map<string, string[]>();
  const out: ChromeEvent[] = [];
  let ts = 0;
  for (const event of events) {
    const label = event.vm || "wire";
    const pid = processes.get(label) ?? processes.size + 1;
    if (!processes.has(label)) {
      processes.set(label, pid);
      out.push({ ph: "M", name: "process_name", ts: 0, pid, tid: 0, args: { name: label } });
    }
    ts = Math.max(ts + 1, Math.round((event.at - events[0]!.at) * 1000));
    const tid = numbers.of(event.vm, event.context);
    const place = { name: event.name, ts, pid, tid };
    const key = `${pid} ${tid}`;
    if (!open.has(key)) open.set(key, []);
    out.push(...chromeEvents(event, place, open.get(key)!, spell(event, numbers)));
  }
  return JSON.stringify({ traceEvents: out });
}

function chromeEvents(
  event: TraceEvent,
  place: Omit<ChromeEvent, "ph">,
  open: string[],
  words: string[],
): ChromeEvent[] {
  const { kind, result } = event;
  if (kind === "call" || kind === "host") {
    open.push(place.name);
    return [{ ph: "B", ...place, args: { words } }];
  }
  if (kind === "return" || kind === "status") {
    // Its beginning fell out of the ring, or a trap closed it.
    if (open.at(-1) !== place.name) return [];
    open.pop();
    return [{ ph: "E", ...place, args: { result } }];
  }
  const mark: ChromeEvent = { ph: "i", s: "t", ...place, args: { kind, words, result } };
  if (kind !== "trap") return [mark];
  const ends = open.splice(0).reverse();
  return [mark, ...ends.map((name): ChromeEvent => ({ ph: "E", ...place, name }))];
}

/** Text with what differs between equal runs replaced: dates, UUIDs, addresses of the machine. */
export function normalise(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<uuid>")
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, "<date>")
    .replace(/\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b/g, "<date>")
    .replace(/\b0x[0-9a-f]+\b/gi, "<pointer>")
    .replace(/wasm:\/\/wasm\/[0-9a-f]+(:wasm-function\[\d+\]:<pointer>)?/g, "<wasm>");
}
