import { toText, utf8 } from "../abi/text.js";
import type { Stream } from "../engine/stream.js";
import type { ClientResponse, HeaderPair, HeaderView, UpstreamRequest } from "../types.js";

/** Ordered headers of a result; names are lower case, lookups ignore case. */
export class ResponseHeaders implements HeaderView {
  constructor(readonly pairs: HeaderPair[]) {}
  get(name: string): string | null {
    return this.getAll(name)[0] ?? null;
  }
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.pairs.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }
  has(name: string): boolean {
    return this.get(name) !== null;
  }
  [Symbol.iterator](): Iterator<HeaderPair> {
    return this.pairs[Symbol.iterator]();
  }
}

const text = (pairs: readonly HeaderPair[]): HeaderPair[] =>
  pairs.map(([n, v]) => [toText(n), toText(v)]);

/** The finished answer of a stream, as the client saw it. */
export class Answer implements ClientResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Uint8Array;
  readonly surplus: Uint8Array;
  readonly missing: number;
  readonly trailers: HeaderPair[];
  readonly chunks: Uint8Array[];
  readonly local: boolean;
  readonly details: string;
  readonly flags: number;
  readonly route: string;
  readonly cluster: string;
  readonly reset: boolean;
  readonly upstream: UpstreamRequest[];
  readonly filterState: Record<string, Uint8Array> = {};
  /** Times the response head was written; 2 is a bug of a plugin. */
  readonly heads: number;

  constructor(stream: Stream) {
    const { client, router } = stream;
    const head = client.head;
    this.status = Number(head.get(":status") ?? 0);
    this.headers = new ResponseHeaders(text(head.pairs).filter(([name]) => !name.startsWith(":")));
    const framed = client.framed();
    this.body = framed.bytes;
    this.surplus = framed.surplus;
    this.missing = framed.missing;
    this.trailers = text(client.trailerPairs);
    this.chunks = client.chunks;
    this.local = stream.local;
    this.details = toText(stream.details);
    this.flags = stream.flags;
    this.route = router.choice.route?.name ?? "";
    this.cluster = router.clusterName;
    this.reset = client.reset;
    this.upstream = router.requests;
    this.heads = client.heads.length;
    for (const [key, value] of stream.filterState) {
      if (key.startsWith("wasm.")) this.filterState[toText(key.slice(5))] = value;
    }
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  text(): string {
    return utf8(this.body);
  }
  json(): unknown {
    return JSON.parse(this.text());
  }
  bytes(): Uint8Array {
    return this.body;
  }
  toResponse(): Response {
    const bodiless = this.status === 204 || this.status === 304;
    return new Response(bodiless ? null : (this.body as Uint8Array<ArrayBuffer>), {
      status: this.status,
      headers: this.headers.pairs,
    });
  }
}
