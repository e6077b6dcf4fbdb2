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

/** A TCP proxy on 127.0.0.1 that can be broken and mended; its port stays. */
export class BrokenLine {
  private state: LineState = "pass";
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

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
  }

  private join(near: Socket): void {
    this.keep(near);
    if (this.state === "hold") return void near.resume();
    const far = connect(this.target, "127.0.0.1");
    this.keep(far);
    near.on("close", () => far.destroy()).on("data", (bytes) => far.write(bytes));
    far.on("close", () => near.destroy());
    far.on("data", (bytes) => {
      if (this.state !== "cut") near.write(bytes);
      else near.write(bytes.subarray(0, BEFORE_CUT), () => near.resetAndDestroy());
    });
  }
}
