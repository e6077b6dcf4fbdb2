import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { RespError, type RespValue } from "proxy-wasm-test";
import { exchange } from "./ask-redis.js";

export type RestDialect = "upstash" | "webdis";

/** What a server speaks the dialect with, apart from the commands. */
interface Answer {
  status: number;
  body: unknown;
}

/**
 * An HTTP server in front of a real Redis, as Upstash's REST interface and Webdis are (their
 * documentation, August 2026). One command per request; nothing is pipelined.
 */
export class RestRedis {
  /** What was asked, oldest first. */
  readonly commands: string[][] = [];
  /** `authorization` that a request must have. */
  credentials: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly dialect: RestDialect,
  ) {}

  /** @param redis url and password of the server behind it; it may come and go */
  static async start(
    redis: { url: string; password: string },
    dialect: RestDialect,
  ): Promise<RestRedis> {
    const server = createServer();
    const rest = new RestRedis(server, dialect);
    server.on("request", (request: IncomingMessage, response) => {
      void rest.answer(request, redis).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
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
  }

  private async answer(
    request: IncomingMessage,
    redis: { url: string; password: string },
  ): Promise<Answer> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const words = this.wordsOf(Buffer.concat(pieces).toString());
    this.commands.push(words);
    if (request.headers.authorization !== this.credentials) {
      return { status: this.dialect === "upstash" ? 401 : 403, body: { error: "Unauthorized" } };
    }
    try {
      const value = await exchange(redis.url, redis.password, words);
      return this.dialect === "upstash" ? upstash(value) : webdis(words[0] ?? "", value);
    } catch {
      return { status: 503, body: { error: "no Redis" } };
    }
  }

  private wordsOf(body: string): string[] {
    if (this.dialect === "upstash") return (JSON.parse(body) as unknown[]).map(String);
    return body.split("/").map((word) => decodeURIComponent(word.replaceAll("+", " ")));
  }
}

function upstash(value: RespValue): Answer {
  if (value instanceof RespError) return { status: 400, body: { error: value.message } };
  return { status: 200, body: { result: plain(value) } };
}

/** Errors are no failures of the server, statuses are no texts. */
function webdis(command: string, value: RespValue): Answer {
  const body =
    value instanceof RespError
      ? [false, value.message]
      : typeof value === "string"
        ? [true, value]
        : plain(value);
  return { status: 200, body: { [command]: body } };
}

function plain(value: RespValue): unknown {
  if (value instanceof RespError) return value.message;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(plain) : value;
}
