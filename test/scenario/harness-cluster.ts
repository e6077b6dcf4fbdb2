import type {
  ClusterTraits,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamSink,
} from "proxy-wasm-test";
import { answerOf, type Answer, type HeaderPair } from "./scenario.js";

/** Time between pieces of an answer, in fake ms; any value above 0 keeps them apart. */
const PIECE_GAP_MS = 25;
/** At most so long for all of them; gateways wait 15 s. */
const ALL_PIECES_MS = 10_000;

/** One request with its answer in a word; `order` counts over all clusters. */
interface Visit {
  request: UpstreamRequest;
  answer: string;
  order: number;
}

let visits = 0;

/** The upstreams of a scenario as the harness calls them; the twin of `test/envoy/upstream.ts`. */
export class ScriptedCluster implements UpstreamHandler {
  readonly kind = "upstream";
  /** Filled by the harness. */
  readonly requests: UpstreamRequest[] = [];
  readonly hasEndpoints: boolean;
  private readonly seen: Visit[] = [];
  private from = 0;

  constructor(
    readonly name: string,
    private readonly answers: readonly Answer[],
    readonly traits: ClusterTraits = {},
  ) {
    this.hasEndpoints = answerOf(answers, name, 0).kind !== "empty";
  }

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  /** Later `visits` start here. */
  mark(): void {
    this.from = this.seen.length;
  }

  /** Requests since `mark`. */
  visits(): Visit[] {
    // Nobody listens: a real upstream never hears of it.
    return this.seen.slice(this.from).filter(({ answer }) => answer !== "refused");
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    const answer = answerOf(this.answers, this.name, this.seen.length);
    const label = answer.kind === "answer" ? String(answer.status) : answer.kind;
    this.seen.push({ request, answer: label, order: visits++ });
    if (answer.kind === "refused") return sink.reset("connection failure");
    onComplete(() => {
      // Never at once: over a socket, what the client sends next overtakes any answer.
      sink.after(Math.max(1, answer.afterMs), () => reply(request, sink, answer));
    });
  }
}

function reply(request: UpstreamRequest, sink: UpstreamSink, answer: Answer): void {
  if (answer.kind === "never") return;
  if (answer.kind === "reset") return sink.reset("connection termination");
  const hasBody = request.method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
  const pieces = hasBody ? (answer.body ?? []) : [];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const promised = isUnfinished(answer) ? length + 1 : length;
  const framing: HeaderPair[] = !hasBody
    ? []
    : answer.chunked
      ? [["transfer-encoding", "chunked"]]
      : [["content-length", String(promised)]];
  const headers: HeaderPair[] = [[":status", String(answer.status)], ...answer.headers, ...framing];
  const none = !hasBody || (!answer.chunked && promised === 0);
  sink.headers(headers, none);
  if (!none) sendPieces(sink, pieces, 0, answer);
}

/** More is promised than will come. */
function isUnfinished({ kind }: Answer): boolean {
  return kind === "cut" || kind === "silent";
}

/** Between two pieces: a body whose bytes come one by one is no answer that takes too long. */
function gapMs(pieces: Uint8Array[]): number {
  return Math.min(PIECE_GAP_MS, ALL_PIECES_MS / pieces.length);
}

function sendPieces(sink: UpstreamSink, pieces: Uint8Array[], at: number, answer: Answer): void {
  if (sink.closed) return;
  const piece = pieces[at];
  const last = at >= pieces.length - 1;
  const ends = last && !isUnfinished(answer) && !answer.trailers.length;
  sink.data(piece ?? new Uint8Array(0), ends);
  if (!last) return sink.after(gapMs(pieces), () => sendPieces(sink, pieces, at + 1, answer));
  if (answer.kind === "cut") sink.after(PIECE_GAP_MS, () => sink.reset("connection termination"));
  else if (answer.trailers.length) sink.trailers(answer.trailers);
}
