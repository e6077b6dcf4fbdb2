import { connect, type Socket } from "node:net";
import { encodeResp, parseResp, type RespValue } from "proxy-wasm-test";

interface Waiting {
  done: (value: RespValue) => void;
  fail: (error: Error) => void;
}

/** A connection to Redis for many commands at once, made again when it was lost. */
export class RedisLine {
  private socket: Socket | null = null;
  private waiting: Waiting[] = [];
  private received = Buffer.alloc(0);

  constructor(private readonly redis: { url: string; password: string }) {}

  /** @throws Error when there is no server, or it hangs up before the answer */
  ask(words: (string | Uint8Array)[]): Promise<RespValue> {
    this.socket ??= this.open();
    return this.send(this.socket, words);
  }

  close(): void {
    this.socket?.destroy();
  }

  private open(): Socket {
    const { hostname, port } = new URL(this.redis.url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.received = Buffer.alloc(0);
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => this.lose());
    // A refused login shows with the commands behind it.
    void this.send(socket, ["auth", this.redis.password]).catch(() => undefined);
    return socket;
  }

  private send(socket: Socket, words: (string | Uint8Array)[]): Promise<RespValue> {
    return new Promise((done, fail) => {
      this.waiting.push({ done, fail });
      socket.write(encodeResp(words));
    });
  }

  private receive(bytes: Uint8Array): void {
    this.received = Buffer.concat([this.received, bytes]);
    for (let reply = parseResp(this.received); reply; reply = parseResp(this.received)) {
      this.received = this.received.subarray(reply.end);
      this.waiting.shift()?.done(reply.value);
    }
  }

  private lose(): void {
    const lost = this.waiting;
    this.waiting = [];
    this.socket = null;
    for (const { fail } of lost) fail(new Error("Redis closed the connection"));
  }
}
