import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/**
 * What happens to bytes. `hold`: connections are taken, nothing goes on. `refuse`: nobody listens.
 * `cut`: questions arrive, and the connection breaks after the first bytes of an answer.
 */
export type LineState = "pass" | "hold" | "refuse" | "cut";

/** So much of an answer comes through a line that is cut: its status line, not its end. */
const BEFORE_CUT = 20;

/** What gets lost when a connection breaks: an HTTP request before it arrives, or the answer to it. */
export type Loss = "question" | "answer";

/** How the first bytes of each begin. */
const BEGINS: Record<Loss, string> = { question: "POST ", answer: "HTTP/1.1 " };

/** A TCP proxy on 127.0.0.1 that can be broken and mended; its port stays. */
export class BrokenLine {
  private state: LineState = "pass";
  private loss: { what: Loss; after: number } | null = null;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    server.on("connection", (socket) => this.join(socket));
  }

  /** @param target port on 127.0.0.1 */
  static async start(target: number): Promise<BrokenLine> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new BrokenLine(server, (server.address() as AddressInfo).port, target);
  }

  /** From now on; connections that are open break. */
  async become(state: LineState): Promise<void> {
    this.state = state;
    this.hangUp();
    if (state === "refuse") await this.stop();
    else if (!this.server.listening) {
      this.server.listen(this.port, "127.0.0.1");
      await once(this.server, "listening");
    }
  }

  /** Breaks one connection, at a question or its answer, that many of these later. */
  loseOne(what: Loss, after: number): void {
    this.loss = { what, after };
  }

  /** True until that has happened. */
  get isLosing(): boolean {
    return this.loss !== null;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.hangUp();
    await closed;
  }

  private hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private isLost(what: Loss, bytes: Buffer): boolean {
    if (this.loss?.what !== what || !bytes.toString("latin1").startsWith(BEGINS[what]))
      return false;
    if (this.loss.after-- > 0) return false;
    this.loss = null;
    return true;
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
  }

  private join(near: Socket): void {
    this.keep(near);
    if (this.state === "hold") return void near.resume();
    const far = connect(this.target, "127.0.0.1");
    this.keep(far);
    near.on("close", () => far.destroy());
    near.on("data", (bytes) => {
      if (this.isLost("question", bytes)) near.destroy();
      else far.write(bytes);
    });
    far.on("close", () => near.destroy());
    far.on("data", (bytes) => {
      if (this.isLost("answer", bytes)) near.destroy();
      else if (this.state !== "cut") near.write(bytes);
      else near.write(bytes.subarray(0, BEFORE_CUT), () => near.resetAndDestroy());
    });
  }
}
