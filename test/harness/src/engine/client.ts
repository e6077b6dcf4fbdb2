import { ByteQueue } from "../abi/byte-queue.js";
import { HeaderList } from "../abi/header-list.js";
import { toBytes } from "../abi/text.js";
import type { HeaderPair } from "../types.js";
import { frame } from "./recorded-request.js";
import type { Stream } from "./stream.js";

/** What an upstream says to its gateway only. */
const HOP_BY_HOP = ["transfer-encoding", "keep-alive", "proxy-connection"] as const;

/** The client's end of a stream: what was written on the wire. */
export class Client {
  started = false;
  ended = false;
  reset = false;
  /** More than one means the head was written twice. */
  heads: HeaderPair[][] = [];
  chunks: Uint8Array[] = [];
  trailerPairs: HeaderPair[] = [];
  private all = new ByteQueue();
  private waiting: (() => void)[] = [];

  constructor(private stream: Stream) {}

  headers(headers: HeaderList, end: boolean): void {
    const { stream } = this;
    const { env } = stream;
    if (stream.finished) return;
    if (!/^\d+$/.test(headers.get(":status") ?? "")) {
      stream.local = true;
      return stream.replyDirect(
        502,
        "missing required header: :status",
        "filter_removed_required_response_headers{missing_required_header:_:status}",
      );
    }
    if (env.router === "envoy") {
      this.removeHopByHop(headers);
      if (!headers.has("date")) headers.add("date", new Date(env.scheduler.wallMs()).toUTCString());
      headers.replace("server", "envoy");
    }
    if (env.downstream === "h1" && !stream.decode.complete) headers.replace("connection", "close");
    this.started = true;
    const list = headers.clone();
    if (env.downstream === "h1") frameHeaders(list, end, stream);
    this.heads.push(list.pairs);
    env.trace?.wire("client gets headers", list.pairs, end ? "end" : "");
    // A second head is what a client of HTTP/1.1 reads as the body of the first.
    if (this.heads.length > 1 && env.downstream === "h1") this.write(headText(list));
    if (end) this.end();
  }

  /** An upgrade keeps what says so. */
  private removeHopByHop(answer: HeaderList): void {
    for (const name of HOP_BY_HOP) answer.remove(name);
    const isUpgrade = answer.has("upgrade") && this.stream.decode.headers?.has("upgrade");
    if (!isUpgrade) answer.remove("connection");
  }

  data(data: ByteQueue, end: boolean): void {
    if (this.stream.finished) return data.clear();
    this.stream.env.trace?.wire("client gets body", data.size, end ? "end" : "");
    if (data.size > 0) {
      const bytes = data.bytes().slice();
      data.clear();
      this.write(bytes);
    }
    if (end) this.end();
  }

  private write(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.all.push(bytes);
  }

  trailers(trailers: HeaderList): void {
    if (this.stream.finished) return;
    this.trailerPairs = trailers.clone().pairs;
    this.stream.env.trace?.wire("client gets trailers", trailers.pairs);
    this.end();
  }

  private end(): void {
    this.ended = true;
    const framed = this.framed();
    const differs = framed.surplus.length > 0 || framed.missing > 0;
    // Two heads are S02's business.
    if (differs && this.heads.length === 1 && !this.bodiless()) {
      const editor = this.stream.editors.response;
      const declared = this.head.get("content-length");
      const message = `response body has ${this.all.size} bytes, content-length says ${declared}`;
      if (editor) this.stream.env.violation("S01", message, editor);
      // A client of HTTP/2 calls that a PROTOCOL_ERROR; one of HTTP/1.1 waits, or reads on.
      this.reset = this.stream.env.downstream === "h2";
    }
    this.stream.finish();
  }

  private bodiless(): boolean {
    const status = this.head.get(":status");
    return (
      status === "204" || status === "304" || this.stream.decode.headers?.get(":method") === "HEAD"
    );
  }

  get head(): HeaderList {
    const list = new HeaderList();
    list.pairs = this.heads[0] ?? [];
    return list;
  }

  framed(): ReturnType<typeof frame> {
    const all = this.all.bytes();
    if (this.bodiless()) return { bytes: all, surplus: new Uint8Array(0), missing: 0 };
    const framed = frame(this.head.get("content-length"), all);
    if (framed.surplus.length === 0 || this.stream.env.downstream === "h1") return framed;
    // The frame that goes beyond the length is refused as a whole (PROTOCOL_ERROR).
    let fits = 0;
    for (const { length } of this.chunks) {
      if (fits + length > framed.bytes.length) break;
      fits += length;
    }
    return { ...framed, bytes: all.subarray(0, fits) };
  }

  /** The stream is over. */
  settled(): void {
    for (const fn of this.waiting.splice(0)) fn();
  }

  onSettled(fn: () => void): void {
    if (this.stream.finished) fn();
    else this.waiting.push(fn);
  }
}

/** Reason phrases of the statuses tests meet; Envoy writes "Unknown" for one it does not know. */
const REASONS: Readonly<Record<string, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** A response head as HTTP/1.1 text. */
function headText(list: HeaderList): Uint8Array {
  const status = list.get(":status") ?? "";
  const fields = list.pairs.filter(([name]) => !name.startsWith(":"));
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return toBytes(`HTTP/1.1 ${status} ${REASONS[status] ?? "Unknown"}\r\n${lines}\r\n`);
}

/** What an HTTP/1.1 codec adds: how the body is delimited. */
function frameHeaders(list: HeaderList, end: boolean, stream: Stream): void {
  if (list.has("content-length")) return;
  const status = Number(list.get(":status"));
  if (status === 204 || status === 304 || status < 200) return;
  // To a HEAD, too, whose answer would have had a body.
  const isHead = stream.decode.headers?.get(":method") === "HEAD";
  if (end && !isHead) list.add("content-length", "0");
  else list.add("transfer-encoding", "chunked");
}
