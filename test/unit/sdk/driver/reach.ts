import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
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
  requestHeaders,
  RootContext,
  setTickPeriod,
  TrailersAction,
} from "proxy-wasm-as";
import { redisCall } from "proxy-wasm-as/higress";

export * from "proxy-wasm-as/abi";
export { proxy_on_redis_call_response } from "proxy-wasm-as/callbacks-higress";
// Neither response headers nor delete: a plugin exports what it overrides.
export {
  proxy_on_http_call_response,
  proxy_on_log,
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_body,
  proxy_on_tick,
} from "proxy-wasm-as/callbacks";

const PATH: Slice = bytes(":path");
const NO_HEADERS: Slice = NO_BYTES;
const LINGER: Slice = bytes("/linger");
const LINGER_REDIS: Slice = bytes("/linger-redis");
const PING: Slice = bytes("*1\r\n$4\r\nping\r\n");

/*
 * Streams that act on each other. What one does stands in its path:
 *
 *   /hold            waits; the next /release, /refuse or tick decides about it
 *   /release         lets the waiting one go on, from its own callback
 *   /refuse          answers the waiting one with 418, from its own callback
 *   /at-once         resumes itself in its request headers callback, which then answers Stop
 *   /held-body       waits for the end of its body, or for its trailers
 *   /held-answer     holds each chunk of the answer until a call of its own is answered
 *   /reply-in-log    tries to answer when everything is over
 *   /reply-twice     answers in the callback of a call, and again in that of the next
 *   /linger          asks twice, and wants one answer although it is over
 *   /linger-redis    the same with Redis
 *   /bad-reply       answers with a header that would split the response
 */
class ReachRoot extends RootContext {
  waiting: ReachStream | null = null;
  private refuses: bool = false;

  override onConfigure(configuration: Slice): bool {
    this.refuses = configuration.equals(bytes("refuse"));
    if (!configuration.isEmpty) setTickPeriod(100);
    return true;
  }

  override createStream(id: u32): HttpContext | null {
    const path = requestHeaders.get(PATH);
    return new ReachStream(id, this, path === null ? NO_BYTES : path.copy());
  }

  override onTick(): void {
    const waiting = this.waiting;
    if (waiting === null) return;
    if (this.refuses) waiting.refuse();
    else waiting.release();
  }
}

class ReachStream extends HttpContext {
  constructor(
    id: u32,
    private readonly root: ReachRoot,
    private readonly path: Slice,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    const path = this.path;
    const other = this.root.waiting;
    if (path.equals(bytes("/hold"))) {
      this.root.waiting = this;
      return HeadersAction.StopAllIterationAndWatermark;
    }
    if (path.equals(bytes("/release")) && other !== null) other.release();
    if (path.equals(bytes("/refuse")) && other !== null) other.refuse();
    if (path.equals(bytes("/at-once"))) {
      this.resumeRequest();
      requestHeaders.set(bytes("x-still"), bytes("writable"));
      return HeadersAction.StopAllIterationAndWatermark;
    }
    if (path.equals(bytes("/reply-twice"))) {
      this.ask();
      this.ask();
      return HeadersAction.StopAllIterationAndWatermark;
    }
    if (path.equals(LINGER)) {
      this.ask();
      this.ask();
    }
    if (isDefined(HIGRESS) && path.equals(LINGER_REDIS)) {
      redisCall(this.id, 0, bytes("cache"), PING);
      redisCall(this.id, 0, bytes("cache"), PING);
    }
    if (path.equals(bytes("/bad-reply"))) {
      const headers = new PairsBuilder()
        .add(bytes("x-good"), bytes("1"))
        .add(bytes("x-bad"), bytes("1\r\nx-split: 1"))
        .add(bytes("x bad"), bytes("1"));
      this.sendLocalReply(418, headers.build(), bytes("no"), bytes("bad.reply"));
      return HeadersAction.StopAllIterationAndWatermark;
    }
    return path.equals(bytes("/held-body")) ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (!this.path.equals(bytes("/held-body")) || endOfStream) return DataAction.Continue;
    return DataAction.StopIterationAndBuffer;
  }

  override onRequestTrailers(): TrailersAction {
    return TrailersAction.Continue;
  }

  override onResponseBody(_size: i32, _endOfStream: bool): DataAction {
    if (canReadRequestHeaders()) this.closeStream(); // the request was let go
    if (!this.path.equals(bytes("/held-answer"))) return DataAction.Continue;
    this.ask();
    return DataAction.StopIterationAndBuffer;
  }

  override onHttpCallResponse(_tag: i32, _response: HttpCallResponse): void {
    if (this.path.equals(LINGER)) this.hear();
    else if (this.path.equals(bytes("/held-answer"))) this.resumeResponse();
    else this.sendLocalReply(418, NO_HEADERS, bytes("no"), bytes("reply.late"));
  }

  override onRedisReply(_tag: i32, _failed: bool, _reply: Slice): void {
    this.hear();
  }

  override onLog(): void {
    if (this.path.startsWith(LINGER)) this.lingers = true;
    if (!this.path.equals(bytes("/reply-in-log"))) return;
    this.sendLocalReply(418, NO_HEADERS, bytes("no"));
    this.resumeRequest();
    this.resumeResponse();
    this.closeStream();
  }

  release(): void {
    this.root.waiting = null;
    if (this.reach()) requestHeaders.set(bytes("x-released"), bytes("1"));
    this.resumeResponse(); // there is none yet
    this.resumeRequest();
  }

  refuse(): void {
    const sent = this.sendLocalReply(418, NO_HEADERS, bytes("no"), bytes("reach.refused"));
    if (sent) this.root.waiting = null;
  }

  private hear(): void {
    logLine(LogLevel.Warn, bytes("heard"));
    this.finish();
  }

  private ask(): void {
    const headers = new PairsBuilder()
      .add(bytes(":method"), bytes("GET"))
      .add(PATH, bytes("/"))
      .add(bytes(":authority"), bytes("check"));
    httpCall(this.id, 0, bytes("check"), headers.build(), NO_BYTES, 1000);
  }
}

register((id) => new ReachRoot(id));
