import type { GuestMemory } from "../abi/memory.js";
import type { Scheduler, Tracer, TracePlace } from "../engine/environment.js";
import type { TraceEvent, TraceFilter, TraceKind } from "../types.js";
import { copyInputs, readOutputs } from "./trace-arguments.js";
import { chromeTrace, envoyLog, jsonLines, normalise, readableText } from "./trace-formats.js";

const NOWHERE: TracePlace = { vm: "", plugin: "", context: 0, effective: 0 };
const DEFAULT_RING = 10_000;

/** Ring of events; formatting happens only when somebody reads. */
export class Trace implements Tracer {
  private ring: TraceEvent[] = [];
  private start = 0;
  private seq = 0;
  private readonly capacity: number;

  constructor(
    private scheduler: Scheduler,
    private filter: TraceFilter,
  ) {
    this.capacity = filter.ring ?? DEFAULT_RING;
    if (!(this.capacity > 0)) throw new RangeError("trace.ring: at least 1");
  }

  private wanted(kind: TraceKind, name: string, place: TracePlace): boolean {
    const { kinds, plugins, vms, names } = this.filter;
    if (kinds && !kinds.includes(kind)) return false;
    if (names && !names.test(name)) return false;
    if (place === NOWHERE) return true;
    return (plugins?.includes(place.plugin) ?? true) && (vms?.includes(place.vm) ?? true);
  }

  event(
    kind: TraceKind,
    name: string,
    place: TracePlace,
    args: TraceEvent["args"] = [],
    result?: number | string,
  ): TraceEvent | null {
    if (!this.wanted(kind, name, place)) return null;
    const at = this.scheduler.wallMs();
    const { vm, plugin, context, effective } = place;
    const event: TraceEvent = { seq: this.seq++, at, vm, plugin, context, effective, kind, name, args, result }; // prettier-ignore
    if (this.ring.length < this.capacity) this.ring.push(event);
    else {
      this.ring[this.start] = event;
      this.start = (this.start + 1) % this.capacity;
    }
    return event;
  }

  hostCall(
    module: string,
    name: string,
    place: TracePlace,
    args: readonly (number | bigint)[],
    memory: GuestMemory,
  ): (result: number | undefined) => void {
    const entry = this.event("host", name, place, args);
    if (entry) {
      entry.module = module;
      entry.inputs = copyInputs(name, args, memory);
    }
    return (result) => {
      if (entry) {
        entry.ended = true;
        entry.result = result;
        if (result === 0) entry.outputs = readOutputs(name, args, memory);
      }
      const exit = this.event("status", name, place, args, result);
      if (exit) Object.assign(exit, { module, inputs: entry?.inputs, outputs: entry?.outputs });
    };
  }

  wire(name: string, ...details: (string | number | Iterable<readonly [string, string]>)[]): void {
    const words = details.map((detail) =>
      typeof detail === "object" ? headerNames(detail) : String(detail),
    );
    const told = words.filter((word) => word !== "");
    this.event("wire", name, NOWHERE, told);
  }

  /** Events, oldest first; older ones may have fallen out of the ring. */
  get events(): TraceEvent[] {
    return [...this.ring.slice(this.start), ...this.ring.slice(0, this.start)];
  }

  clear(): void {
    this.ring = [];
    this.start = 0;
  }

  /** Readable lines without pointers, context ids and times: equal runs give equal text. */
  toString(): string {
    return readableText(this.events);
  }

  /** `toString` for a file: dates, UUIDs and addresses in log texts replaced as well. */
  toSnapshot(): string {
    return normalise(this.toString());
  }

  /** One JSON object per event. */
  toJsonl(): string {
    return jsonLines(this.events);
  }

  /** For chrome://tracing and Perfetto. */
  toChrome(): string {
    return chromeTrace(this.events);
  }

  /** Envoy's own trace-log lines, for a diff against a real run. */
  toEnvoyLog(): string {
    return envoyLog(this.events);
  }
}

/** Names in order, with the values of those pseudo headers that tell what it is about. */
function headerNames(pairs: Iterable<readonly [string, string]>): string {
  const names = [...pairs].map(([name, value]) =>
    /^:(status|method|path)$/.test(name) ? `${name}=${value}` : name,
  );
  return `[${names.join(" ")}]`;
}
