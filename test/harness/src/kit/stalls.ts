import { HarnessFault } from "../abi/fault.js";
import type { Place } from "../engine/environment.js";
import { Root } from "../engine/root.js";
import type { Stream } from "../engine/stream.js";
import { WasmFilter } from "../engine/wasm-filter.js";
import type { FakeScheduler } from "./clock.js";

type Violate = (rule: string, message: string, place: Place) => void;

/**
 * Finds requests that will never be answered: held by a filter whose VM is dead (S28) or has nothing
 * under way that could release them (S11), or stuck above the buffer limit (S29). Looked for
 * whenever the gateway has come to rest, not only when somebody begins to wait.
 */
export class Stalls {
  private readonly watched = new Map<Stream, (error: Error) => void>();
  private readonly reported = new Set<Stream>();

  constructor(
    private readonly clock: FakeScheduler,
    private readonly violate: Violate,
  ) {}

  /** Rejects whoever waits for this stream as soon as it stalls. */
  watch(stream: Stream, reject: (error: Error) => void): void {
    this.watched.set(stream, reject);
    stream.client.onSettled(() => this.watched.delete(stream));
    this.check();
  }

  /** To be called when nothing is left to run. */
  check(): void {
    for (const [stream, reject] of [...this.watched]) {
      const rule = this.ruleFor(stream);
      if (rule !== null) this.give(stream, rule, reject);
    }
  }

  /** A wait is over without an answer, whatever may still come. */
  expire(stream: Stream): void {
    const reject = this.watched.get(stream);
    if (reject && !stream.finished) this.give(stream, this.ruleFor(stream) ?? "S11", reject);
  }

  /** Reports a stream that nobody waits for. */
  report(stream: Stream): void {
    const rule = this.ruleFor(stream);
    if (rule !== null) this.note(stream, rule);
  }

  private give(stream: Stream, rule: string, reject: (error: Error) => void): void {
    this.watched.delete(stream);
    this.note(stream, rule);
    reject(new HarnessFault(`${rule} stalled: ${describe(stream)}`));
  }

  private note(stream: Stream, rule: string): void {
    if (this.reported.has(stream)) return;
    this.reported.add(stream);
    this.violate(rule, describe(stream), placeOf(stream));
  }

  /** The rule a stream breaks by not going on; null while something can still release it. */
  private ruleFor(stream: Stream): string | null {
    if (stream.finished || !this.clock.idle || stream.router.outstanding) return null;
    const filter = stream.holdingFilter();
    if (filter === null) return stream.readBlocked ? "S29" : null;
    if (!(filter instanceof WasmFilter)) return "S11";
    if (filter.vm.failed !== null) return "S28";
    // Of its own VM, which a reload may have taken from the thread.
    const roots = [...filter.vm.contexts.values()];
    if (roots.some((root) => root instanceof Root && root.awaits)) return null;
    return stream.readBlocked ? "S29" : "S11";
  }
}

function describe(stream: Stream): string {
  return `stream ${stream.id} will never be answered, held by ${stream.holder()}`;
}

function placeOf(stream: Stream): Place {
  return { plugin: stream.holdingFilter()?.name ?? "", callback: "" };
}
