import { HeaderList } from "../abi/header-list.js";
import { asBytes } from "../abi/text.js";
import type { Stream } from "../engine/stream.js";
import { headerPairs } from "../engine/upstream-exchange.js";
import type { BytesInput, HeadersInput, StepCallback, StepResult, StreamState } from "../types.js";
import type { Host } from "./host.js";
import { Answer } from "./response.js";

const PAUSES = /^Stop/;

/** A request driven step by step. Each step runs everything that can run without time passing. */
export class StreamHandle {
  private steps: StepCallback[] = [];
  private sentHeaders = false;
  private ended = false;

  constructor(
    private host: Host,
    readonly stream: Stream,
    private requestHeaders: HeaderList,
  ) {}

  /** The client has sent everything. */
  get isComplete(): boolean {
    return this.ended;
  }

  get id(): number {
    return this.stream.id;
  }

  /** Told by the host about every callback of this stream. */
  record(step: StepCallback): void {
    this.steps.push(step);
  }

  private async step(run: () => void): Promise<StepResult> {
    this.steps = [];
    const wasLocal = this.stream.local;
    run();
    await this.host.settle();
    const callbacks = this.steps;
    const stop = callbacks.findLast((step) => PAUSES.test(step.action));
    const local =
      this.stream.local && !wasLocal
        ? Number(this.stream.client.head.get(":status") ?? 0)
        : undefined;
    return {
      callbacks,
      paused: !this.stream.finished && this.state.paused,
      by: stop?.plugin,
      action: stop?.action,
      local,
    };
  }

  /** Sends the request headers; `end` for a request without body. */
  headers({ end = false }: { end?: boolean } = {}): Promise<StepResult> {
    this.sentHeaders = true;
    this.ended = end;
    return this.step(() => this.stream.requestHeaders(this.requestHeaders, end));
  }

  /** Sends a chunk. With `end`, h1 gets its final empty chunk as on the wire. */
  async data(chunk: BytesInput, { end = false }: { end?: boolean } = {}): Promise<StepResult> {
    if (!this.sentHeaders) await this.headers();
    this.ended ||= end;
    const bytes = asBytes(chunk);
    return this.step(() => {
      const split = end && this.stream.env.downstream === "h1" && bytes.length > 0;
      this.stream.requestData(bytes, end && !split);
      if (split) this.stream.requestData(new Uint8Array(0), true);
    });
  }

  /** Ends a request whose last chunk was sent without `end`. */
  end(): Promise<StepResult> {
    return this.data("", { end: true });
  }

  async trailers(trailers: HeadersInput): Promise<StepResult> {
    if (!this.sentHeaders) await this.headers();
    this.ended = true;
    const list = new HeaderList(headerPairs(trailers));
    return this.step(() => this.stream.requestTrailers(list));
  }

  /** Sends a METADATA frame of HTTP/2. */
  async metadata(metadata: HeadersInput): Promise<StepResult> {
    if (this.stream.env.downstream === "h1") throw new TypeError("METADATA needs downstream h2");
    if (!this.sentHeaders) await this.headers();
    const list = new HeaderList(headerPairs(metadata));
    return this.step(() => this.stream.requestMetadata(list));
  }

  /** The client closes the connection. */
  abort(): Promise<StepResult> {
    return this.step(() => this.stream.abort());
  }

  /** Lets everything run that is due now, e.g. after another stream changed something. */
  poll(): Promise<StepResult> {
    return this.step(() => undefined);
  }

  get state(): StreamState {
    const { stream } = this;
    const { decode, encode } = stream;
    const filters = stream.filters.map((filter, i) => ({
      plugin: filter.name,
      request: decode.slots[i]!.state as string,
      response: encode.slots[encode.slots.length - 1 - i]!.state as string,
    }));
    return {
      id: stream.id,
      filters,
      paused: filters.some((f) => f.request !== "Continue" || f.response !== "Continue"),
      finished: stream.finished,
      bufferedRequest: decode.buffer?.size ?? 0,
      bufferedResponse: encode.buffer?.size ?? 0,
    };
  }

  /** The answer so far, without waiting; for streaming tests. */
  get partial(): Answer {
    return new Answer(this.stream);
  }

  /** The finished answer. Rejects with rule S11 if nothing can ever finish it. */
  response(): Promise<Answer> {
    return this.host.finish(this.stream, () => this.ended);
  }
}
