import { STATUS_NAMES } from "../abi/enums";
import type { Scheduler, Tracer } from "../engine/environment";
import type { TraceEvent, TraceKind } from "../types";

/** Ring of events; formatting happens only when somebody reads. */
export class Trace implements Tracer {
  private ring: TraceEvent[] = [];
  private start = 0;
  private seq = 0;

  constructor(
    private scheduler: Scheduler,
    private capacity: number,
  ) {}

  add(
    vm: string,
    plugin: string,
    context: number,
    effective: number,
    kind: TraceKind,
    name: string,
    args: readonly (number | bigint | string)[],
    result?: number | string,
  ): void {
    const at = this.scheduler.wallMs();
    const event = { seq: this.seq++, at, vm, plugin, context, effective, kind, name, args, result };
    if (this.ring.length < this.capacity) this.ring.push(event);
    else {
      this.ring[this.start] = event;
      this.start = (this.start + 1) % this.capacity;
    }
  }

  /** Events, oldest first; older ones may have fallen out of the ring. */
  get events(): TraceEvent[] {
    return [...this.ring.slice(this.start), ...this.ring.slice(0, this.start)];
  }

  clear(): void {
    this.ring = [];
    this.start = 0;
  }

  /** Readable lines without pointers, ids and times: equal runs give equal text. */
  toString(): string {
    return this.events.map(readable).join("\n");
  }

  toJsonl(): string {
    const plain = (_key: string, value: unknown) =>
      typeof value === "bigint" ? String(value) : value;
    return this.events.map((event) => JSON.stringify(event, plain)).join("\n");
  }

  /** Envoy's own trace-log lines, for a diff against a real run. */
  toEnvoyLog(): string {
    return this.events.flatMap(envoyLine).join("\n");
  }
}

function readable(event: TraceEvent): string {
  const who = `${event.vm} ${event.plugin || "-"}#${event.context}`;
  switch (event.kind) {
    case "call":
      return `${who} → ${event.name}(${event.args.slice(1).join(", ")})`;
    case "return":
      return `${who} ← ${event.name} ${event.result ?? ""}`.trimEnd();
    case "host":
      return `${who}     ${event.name} ${STATUS_NAMES[Number(event.result)] ?? event.result ?? ""}`.trimEnd();
    default:
      return `${who} ${event.kind} ${event.name} ${event.result ?? ""}`.trimEnd();
  }
}

function envoyLine(event: TraceEvent): string[] {
  const args = event.args.join(", ");
  if (event.kind === "call") return [`[host->vm] ${event.name}(${args})`];
  if (event.kind === "return")
    return [`[host<-vm] ${event.name} return: ${event.result ?? "void"}`];
  if (event.kind !== "host") return [];
  return [
    `[vm->host] env.${event.name}(${args})`,
    `[vm<-host] env.${event.name} return: ${event.result ?? "void"}`,
  ];
}
