import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeResp, RespError } from "proxy-wasm-test";
import { RedisLine } from "./redis-line.js";
import { answerOf, wordsOf, type RestAnswer, type RestDialect } from "./rest-dialects.js";

export type { RestDialect } from "./rest-dialects.js";

/** A load test asks more than anybody looks at. */
const MOST_COMMANDS = 1000;

/** What Webdis is asked for bytes with: it answers what Redis says. */
const RAW = ".raw";

/**
 * An HTTP server in front of a real Redis, as Upstash's REST interface and Webdis are (their
 * documentation, August 2026; Webdis 0.1.9). All commands go over one connection, so that Redis alone
 * decides which comes first.
 */
export class RestRedis {
  /** What was asked last, oldest first. */
  readonly commands: string[][] = [];
  /** `authorization` that a request must have. */
  credentials: string | undefined;
  /** An error with which Redis answers everything, such as `LOADING …`. */
  error: string | null = null;

  private constructor(
    private readonly server: Server,
    private readonly redis: RedisLine,
    private readonly dialect: RestDialect,
  ) {}

  /** @param redis url and password of the server behind it; it may come and go */
  static async start(
    redis: { url: string; password: string },
    dialect: RestDialect,
  ): Promise<RestRedis> {
    const server = createServer();
    // A server that closes an idle connection while a gateway sends on it loses that command.
    server.keepAliveTimeout = 3_600_000;
    const rest = new RestRedis(server, new RedisLine(redis), dialect);
    server.on("request", (request: IncomingMessage, response) => {
      void rest.answer(request).then(({ status, body }) => {
        const isRaw = body instanceof Uint8Array;
        const type = isRaw ? "binary/octet-stream" : "application/json";
        response.writeHead(status, { "content-type": type });
        response.end(isRaw ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return rest;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.redis.close();
  }

  private async answer(request: IncomingMessage): Promise<RestAnswer> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const isRaw = this.dialect === "webdis" && text.endsWith(RAW);
    const words = wordsOf(this.dialect, isRaw ? text.slice(0, -RAW.length) : text);
    this.commands.push(words.map(String));
    if (this.commands.length > MOST_COMMANDS) this.commands.shift();
    if (request.headers.authorization !== this.credentials) {
      return { status: this.dialect === "upstash" ? 401 : 403, body: { error: "Unauthorized" } };
    }
    try {
      const value = this.error ? new RespError(this.error) : await this.redis.ask(words);
      if (isRaw) return { status: 200, body: encodeResp(value) };
      return answerOf(this.dialect, String(words[0]), value);
    } catch {
      return { status: 503, body: { error: "no Redis" } };
    }
  }
}
