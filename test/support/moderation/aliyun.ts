import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  askedIn,
  faultsOf,
  type Asked,
  type Credentials,
  type WireRequest,
} from "./aliyun-request.js";

/** A detail of an answer of MultiModalGuard. */
export interface Detail {
  Type: string;
  Level: string;
  Suggestion?: string;
  Result?: object[];
}

/** What the service does with a request. */
export type Reaction =
  | { kind: "data"; data: object }
  /** Another `Code`, or another status without a useful body. */
  | { kind: "code"; code: number }
  | { kind: "status"; status: number }
  | { kind: "garbage"; body: string }
  /** Never an answer. */
  | { kind: "silence" }
  /** The connection is cut. */
  | { kind: "reset" };

/** Nothing found. */
export const pass = (): Reaction => ({
  kind: "data",
  data: { RiskLevel: "none", AttackLevel: "none", Suggestion: "pass", Result: [], Detail: [] },
});

/** Found in the whole, in both vocabularies: TextModerationPlus reads the level, the other details. */
export const deny = (level = "high", label = "contraband"): Reaction => ({
  kind: "data",
  data: {
    RiskLevel: level,
    AttackLevel: "none",
    Suggestion: "block",
    Result: [{ Label: label, RiskWords: "word", Confidence: 99.1, Description: "found" }],
    Detail: [{ Type: "contentModeration", Level: level, Suggestion: "block", Result: [] }],
  },
});

/** Sensitive data, and the text without it. @param level S1 to S4 */
export const mask = (text: string, level = "S3"): Reaction => ({
  kind: "data",
  data: {
    RiskLevel: "none",
    AttackLevel: "none",
    Suggestion: "mask",
    Result: [],
    Detail: [
      {
        Type: "sensitiveData",
        Level: level,
        Suggestion: "mask",
        Result: [{ Label: "phone", Ext: { Desensitization: text, SensitiveData: ["phone"] } }],
      },
    ],
  },
});

/** Findings of one's own. */
export const details = (...found: Detail[]): Reaction => ({
  kind: "data",
  data: { RiskLevel: "none", AttackLevel: "none", Detail: found },
});

/** An answer over HTTP. */
export interface WireAnswer {
  status: number;
  body: string;
}

/**
 * Alibaba Cloud's content moderation as far as a gateway sees it: it checks the signature and every
 * byte of the request, and reacts as the test says. Ids of calls are `R-1`, `R-2` and so on.
 */
export class AliyunModeration {
  /** What it was asked, oldest first; only requests without fault. */
  readonly asked: Asked[] = [];
  /** What was wrong with requests; a test should find it empty. */
  readonly faults: string[] = [];
  react: (asked: Asked) => Reaction = pass;
  private readonly nonces = new Set<string>();
  private calls = 0;

  constructor(private readonly credentials: Credentials) {}

  /** @returns what to send, or that nothing will be sent */
  answer(request: WireRequest): WireAnswer | "silence" | "reset" {
    const faults = faultsOf(request, this.credentials);
    const nonce = request.headers["x-acs-signature-nonce"] ?? "";
    if (this.nonces.has(nonce)) faults.push(`nonce ${nonce} used twice`);
    this.nonces.add(nonce);
    const id = `R-${++this.calls}`;
    if (faults.length > 0) {
      this.faults.push(...faults);
      return said(400, { Code: 400, Message: faults.join(", "), RequestId: id });
    }
    const asked = askedIn(request);
    this.asked.push(asked);
    const reaction = this.react(asked);
    switch (reaction.kind) {
      case "data":
        return said(200, { Code: 200, Message: "OK", RequestId: id, Data: reaction.data });
      case "code":
        return said(200, { Code: reaction.code, Message: "failed", RequestId: id });
      case "status":
        return said(reaction.status, { Code: reaction.status, Message: "failed", RequestId: id });
      case "garbage":
        return { status: 200, body: reaction.body };
      default:
        return reaction.kind;
    }
  }
}

/** The same behind a port of 127.0.0.1. */
export class AliyunServer {
  private constructor(
    private readonly server: Server,
    readonly moderation: AliyunModeration,
  ) {}

  /** @param port 0: any; that of a server that was stopped, to take its place */
  static async start(credentials: Credentials, port = 0): Promise<AliyunServer> {
    const moderation = new AliyunModeration(credentials);
    const server = createServer((request, response) => void serve(moderation, request, response));
    // A server that closes an idle connection while a gateway sends on it loses that call.
    server.keepAliveTimeout = 3_600_000;
    await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
    return new AliyunServer(server, moderation);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function serve(
  moderation: AliyunModeration,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  const { method = "", url = "" } = request;
  const answer = moderation.answer({ method, path: url, headers, body: Buffer.concat(pieces) });
  if (answer === "reset") request.socket.destroy();
  if (typeof answer === "string") return;
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(answer.body);
}

function said(status: number, body: object): WireAnswer {
  return { status, body: JSON.stringify(body) };
}
