import type { ClientResponse, FetchInit } from "../types.js";
import type { HeldClusters } from "./held.js";
import type { Host } from "./host.js";
import type { StreamHandle } from "./stream-handle.js";

/** One request of a schedule; its chunks are sent one at a time. */
export interface ScheduledRequest extends FetchInit {
  target: string;
}

/** Something that can happen next. */
export interface Move {
  /** `client 1 sends`, `client 1 leaves`, `auth 2 answers`, `time passes`. */
  name: string;
  /** `go` brings somebody nearer to the end. */
  kind: "go" | "leave" | "wait";
  run: () => unknown;
}

/** Fake time after which a request without an answer hangs: longer than any timeout of a test. */
const PATIENCE_MS = 120_000;

/** A client with the parts of its request that are still to be sent. */
class Client {
  private readonly parts: (() => unknown)[] = [];
  private sent = 0;
  left = false;

  constructor(
    readonly name: string,
    readonly handle: StreamHandle,
    { body, chunks: given, trailers }: FetchInit,
  ) {
    const chunks = given ?? (body === undefined ? [] : [body]);
    const end = chunks.length === 0 && !trailers;
    this.parts.push(() => handle.headers({ end }));
    for (const [i, chunk] of chunks.entries()) {
      const last = i === chunks.length - 1 && !trailers;
      this.parts.push(() => handle.data(chunk, { end: last }));
    }
    if (trailers) this.parts.push(() => handle.trailers(trailers));
  }

  get over(): boolean {
    return this.left || this.handle.stream.finished;
  }

  moves(): Move[] {
    if (this.over) return [];
    const { name } = this;
    const moves: Move[] = [];
    const part = this.parts[this.sent];
    if (part) {
      const send = () => {
        this.sent++;
        return part();
      };
      moves.push({ name: `${name} sends`, kind: "go", run: send });
    }
    if (this.sent > 0) {
      const leave = () => {
        this.left = true;
        return this.handle.abort();
      };
      moves.push({ name: `${name} leaves`, kind: "leave", run: leave });
    }
    return moves;
  }
}

/** Requests side by side on one host: says what can happen next, and lets it happen. */
export class ScheduleRun {
  private readonly clients: Client[];

  constructor(
    private readonly host: Host,
    private readonly held: HeldClusters,
    requests: readonly ScheduledRequest[],
  ) {
    this.clients = requests.map(
      (request, i) => new Client(`client ${i + 1}`, host.stream(request.target, request), request),
    );
  }

  /** In the order in which they would happen if nobody chose. */
  moves(): Move[] {
    const { clock } = this.host;
    const moves = this.clients.flatMap((client) => client.moves());
    for (const answer of this.held.answers) {
      const release = () => {
        answer.release();
        return this.host.settle();
      };
      if (answer.ready) moves.push({ name: `${answer.name} answers`, kind: "go", run: release });
    }
    const hasMore = !clock.idle || this.clients.some((client) => !client.over);
    if (clock.ticking && hasMore)
      moves.push({ name: "time passes", kind: "wait", run: () => this.wait() });
    return moves;
  }

  /** Until the next timer has fired. */
  private async wait(): Promise<void> {
    const { clock } = this.host;
    const from = clock.elapsed;
    let fired = -1;
    await clock.advanceUntil(() => ++fired > 0 || clock.elapsed > from, PATIENCE_MS);
  }

  /**
   * Lets things happen until nothing is left: what `choose` picks, or, where it picks nothing, the
   * next in order.
   */
  async play(choose: (moves: readonly Move[]) => Move | null): Promise<void> {
    const end = this.host.clock.elapsed + PATIENCE_MS;
    for (;;) {
      const moves = this.moves();
      const next = moves.find(({ kind }) => kind === "go") ?? moves.find(({ kind }) => kind === "wait"); // prettier-ignore
      const chosen = choose(moves) ?? next;
      if (!chosen || this.host.clock.elapsed > end) return;
      await chosen.run();
    }
  }

  /** Names of those who still wait. */
  get waiting(): string[] {
    return this.clients.filter((client) => !client.over).map(({ name }) => name);
  }

  /** By request; null: the client left before it had its answer. */
  get answers(): (ClientResponse | null)[] {
    return this.clients.map(({ left, handle }) => (left ? null : handle.partial));
  }
}
