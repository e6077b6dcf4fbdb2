import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { chunk, head, lastChunk, MessageReader } from "./http1.js";
import { sleep } from "./envoy.js";
import type { Answer } from "../scenario/scenario.js";
import type { UpstreamSeen } from "../scenario/outcome.js";

/** Pause between pieces, so that each becomes its own read at the other side. */
export const PIECE_GAP_MS = 40;

/** What an upstream saw, with the answer it chose. */
export interface Visit {
  seen: UpstreamSeen;
  answer: Answer;
  /** The answer is still to come, or on its way. */
  pending: boolean;
  /** Counts over all upstreams. */
  order: number;
}

let visits = 0;

/** A scripted HTTP/1.1 server on loopback that records requests byte by byte. */
export class ScriptedUpstream {
  readonly visits: Visit[] = [];
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  /**
   * @param cluster name under which visits are recorded
   * @param choose answer of the n-th (from 0) request since the last `reset`, by its head
   */
  constructor(
    readonly cluster: string,
    private choose: (n: number, seen: UpstreamSeen) => Answer,
  ) {}

  /** Starts listening; the port is the kernel's choice. */
  async start(): Promise<number> {
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Forgets all visits and takes another script. */
  reset(choose: (n: number, seen: UpstreamSeen) => Answer): void {
    this.visits.length = 0;
    this.choose = choose;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Ends all connections and stops listening. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) =>
      this.server ? this.server.close(() => resolve()) : resolve(),
    );
  }

  private accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    const reader = new MessageReader("request");
    let visit: Visit | null = null;
    let answered = false;
    socket.on("data", (bytes) => {
      reader.push(bytes);
      if (reader.headDone && !visit) {
        const seen = this.record(reader);
        const answer = this.choose(this.visits.length, seen);
        visit = { seen, answer, pending: false, order: visits++ };
        this.visits.push(visit);
      }
      if (!visit) return;
      visit.seen.body = reader.body;
      visit.seen.trailers = reader.trailers;
      visit.seen.complete = reader.complete;
      visit.seen.surplus = reader.surplus;
      if (reader.complete && !answered) {
        answered = true;
        const current = visit;
        current.pending = true;
        void sendAnswer(socket, current).finally(() => (current.pending = false));
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }

  private record(reader: MessageReader): UpstreamSeen {
    const [method = "", path = ""] = reader.start.split(" ");
    return {
      cluster: this.cluster,
      method,
      path,
      authority: reader.get("host") ?? "",
      headers: reader.headers,
      body: Buffer.alloc(0),
      trailers: [],
      complete: false,
      surplus: Buffer.alloc(0),
    };
  }
}

async function sendAnswer(socket: Socket, { seen, answer }: Visit): Promise<void> {
  if (answer.afterMs) await sleep(answer.afterMs);
  if (answer.kind === "reset") socket.destroy();
  if (answer.kind === "never" || answer.kind === "reset") return;
  const hasBody = seen.method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
  const pieces = hasBody ? (answer.body ?? []) : [];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const chunked = hasBody && answer.chunked;
  const framing: [string, string][] = chunked
    ? [["transfer-encoding", "chunked"]]
    : hasBody
      ? // A message that will be cut promises more than it brings.
        [["content-length", String(answer.kind === "answer" ? length : length + 1)]]
      : [];
  socket.write(head(`HTTP/1.1 ${answer.status} -`, [...answer.headers, ...framing]));
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await sleep(PIECE_GAP_MS);
    if (piece.length) socket.write(chunked ? chunk(piece) : piece);
  }
  if (answer.kind === "cut") {
    await sleep(PIECE_GAP_MS);
    socket.destroy();
  } else if (chunked && answer.kind !== "silent") socket.write(lastChunk(answer.trailers));
}
