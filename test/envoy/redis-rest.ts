import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { encodeResp, parseResp, RespError, type RespValue } from "proxy-wasm-test";

type Dialect = "upstash" | "webdis";

/**
 * HTTP in front of a real Redis, as Upstash and Webdis speak it (token-rate-limit contract 7.3): only
 * what our stores send, over one connection, so that Redis alone decides which command comes first.
 */
export class RedisRest {
  private received = Buffer.alloc(0);
  private readonly waiting: ((value: RespValue) => void)[] = [];

  private constructor(
    private readonly redis: Socket,
    private readonly dialect: Dialect,
  ) {
    redis.on("data", (bytes) => this.receive(bytes));
  }

  /** @returns its port, and how it ends */
  static async start(
    dialect: Dialect,
    redisUrl: string,
    password: string,
  ): Promise<{ port: number; stop: () => Promise<void> }> {
    const { hostname, port } = new URL(redisUrl);
    const redis = connect({ host: hostname, port: Number(port), noDelay: true });
    const rest = new RedisRest(redis, dialect);
    const server = createServer((request, response) => void rest.serve(request, response));
    // A server that closes an idle connection while Envoy sends on it loses that command.
    server.keepAliveTimeout = 3_600_000;
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const login = await rest.ask(["auth", password]);
    if (login instanceof RespError) throw login;
    const stop = async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      redis.destroy();
    };
    return { port: (server.address() as AddressInfo).port, stop };
  }

  /** Sends a command; bulk strings of the answer as text. */
  private ask(words: string[]): Promise<RespValue> {
    return new Promise((answer) => {
      this.waiting.push(answer);
      this.redis.write(encodeResp(words));
    });
  }

  private receive(bytes: Uint8Array): void {
    this.received = Buffer.concat([this.received, bytes]);
    for (;;) {
      const reply = parseResp(this.received);
      if (!reply) return;
      this.received = this.received.subarray(reply.end);
      this.waiting.shift()?.(asText(reply.value));
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const isUpstash = this.dialect === "upstash";
    const words = isUpstash
      ? (JSON.parse(body) as string[])
      : body.split("/").map((part) => decodeURIComponent(part));
    const value = await this.ask(words);
    const failed = value instanceof RespError;
    const answer = isUpstash
      ? failed
        ? { error: value.message }
        : { result: value }
      : {
          [words[0] ?? ""]: failed
            ? [false, value.message]
            : value === "OK"
              ? [true, value]
              : value,
        };
    response.writeHead(isUpstash && failed ? 400 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  }
}

function asText(value: RespValue): RespValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(asText) : value;
}
