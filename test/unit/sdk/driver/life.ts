import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  canReadRequestHeaders,
  DataAction,
  HeadersAction,
  httpCall,
  HttpCallResponse,
  HttpContext,
  logLine,
  LogLevel,
  PairsBuilder,
  register,
  requestBody,
  requestHeaders,
  RootContext,
  TrailersAction,
} from "proxy-wasm-as";

export * from "./all-callbacks";

/*
 * A plugin that tells what reaches it. Each line: the root's configuration, the stream's id, the
 * event. What a stream does stands in its path:
 *
 *   /finish-<event>   wants nothing more after that event
 *   /inert            the root makes no stream
 *   /call             calls cluster `check`, holds the request until the answer
 *   /stale            the same, and reads a header before and after it lets the request go
 *   /garbage          leaves 100 000 bytes of garbage in every callback
 *   /body             buffers the body, reads it, hands it back
 *   /let-go           lets its root go
 *
 * A root with the configuration `late` stays when it is told to go, until a tick or a stream lets it.
 */
const LATE: Slice = bytes("late");
const STALE: Slice = bytes("/stale");

class LifeRoot extends RootContext {
  name: Slice = NO_BYTES;
  /** Kept so that a collection has something to follow. */
  readonly kept: Slice[] = [];

  override onStart(): bool {
    tell(NO_BYTES, this.id, "start");
    return true;
  }

  override onConfigure(configuration: Slice): bool {
    this.name = configuration.copy();
    for (let i = 0; i < 1000; i++) this.kept.push(bytes("kept").copy());
    tell(this.name, this.id, "configure");
    return !this.name.equals(bytes("refused"));
  }

  override createStream(id: u32): HttpContext | null {
    const path = requestHeaders.get(bytes(":path"));
    if (path !== null && path.equals(bytes("/inert"))) return null;
    return new LifeStream(id, this, path === null ? NO_BYTES : path.copy());
  }

  override onTick(): void {
    tell(this.name, this.id, "tick");
    if (this.name.equals(LATE)) this.letGo();
  }

  override onQueueReady(_queue: u32): void {
    tell(this.name, this.id, "queue");
  }

  override onDone(): bool {
    tell(this.name, this.id, "done");
    return !this.name.equals(LATE);
  }
}

class LifeStream extends HttpContext {
  constructor(
    id: u32,
    private readonly root: LifeRoot,
    private readonly path: Slice,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    this.tell("request");
    if (this.path.equals(bytes("/let-go"))) this.root.letGo();
    if (this.path.equals(bytes("/body"))) {
      requestHeaders.remove(bytes("content-length"));
      return HeadersAction.StopIteration;
    }
    if (!this.path.equals(bytes("/call")) && !this.path.equals(STALE))
      return HeadersAction.Continue;
    const headers = new PairsBuilder().add(bytes(":method"), bytes("GET"));
    headers.add(bytes(":path"), bytes("/")).add(bytes(":authority"), bytes("c.test"));
    httpCall(this.id, 1, bytes("check"), headers.build(), NO_BYTES, 0);
    return HeadersAction.StopAllIterationAndWatermark;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    this.tell("body");
    if (!this.path.equals(bytes("/body"))) return DataAction.Continue;
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    const body = requestBody.readAll();
    if (body !== null) requestBody.replace(new Builder().append(body).append(body).view());
    return DataAction.Continue;
  }

  override onRequestTrailers(): TrailersAction {
    this.tell("trailers");
    return TrailersAction.Continue;
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    this.tell("response");
    return HeadersAction.Continue;
  }

  override onResponseBody(_size: i32, _endOfStream: bool): DataAction {
    this.tell("answer");
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    this.tell("answertrailers");
    return TrailersAction.Continue;
  }

  override onHttpCallResponse(_tag: i32, _response: HttpCallResponse): void {
    this.tell("called");
    if (this.path.equals(STALE)) this.readHeader();
    this.resumeRequest();
    if (this.path.equals(STALE)) this.readHeader();
  }

  private readHeader(): void {
    if (canReadRequestHeaders()) requestHeaders.load();
    const value = requestHeaders.get(bytes("x-value"));
    this.tell(value === null ? "null" : value.toString());
  }

  override onLog(): void {
    this.tell("log");
  }

  private tell(event: string): void {
    tell(this.root.name, this.id, event);
    if (this.path.equals(bytes("/finish-" + event))) this.finish();
    if (!this.path.equals(bytes("/garbage"))) return;
    const garbage = new Builder(50000);
    for (let i = 0; i < 6000; i++) garbage.appendText("garbage ");
    // What is kept must survive every collection.
    const kept = this.root.kept;
    for (let i = 0; i < kept.length; i++) {
      if (!kept[i].equals(bytes("kept"))) logLine(LogLevel.Critical, bytes("memory is broken"));
    }
  }
}

function tell(name: Slice, id: u32, event: string): void {
  const line = new Builder().append(name).appendByte(0x20).appendInteger(id).appendByte(0x20);
  logLine(LogLevel.Info, line.appendText(event).view());
}

register((id) => new LifeRoot(id));
