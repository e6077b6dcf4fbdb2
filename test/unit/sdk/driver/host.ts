import { Builder, bytes, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import {
  ALWAYS,
  callForeign,
  Counter,
  DataAction,
  dequeue,
  enqueue,
  environmentVariable,
  Gauge,
  getProperty,
  getSharedData,
  HeadersAction,
  Histogram,
  httpCall,
  HttpCallResponse,
  httpCallWithTrailers,
  HttpContext,
  isLogged,
  logLine,
  LogLevel,
  monotonicNs,
  NO_QUEUE,
  ONLY_IF_ABSENT,
  Pairs,
  PairsBuilder,
  propertyPath,
  randomBytes,
  randomU64,
  register,
  registerQueue,
  requestBody,
  requestHeaders,
  requestTrailers,
  resolveQueue,
  responseBody,
  responseHeaders,
  responseTrailers,
  RootContext,
  setProperty,
  setSharedData,
  setTickPeriod,
  Status,
  TrailersAction,
  wallClockNs,
  wallClockSeconds,
} from "proxy-wasm-as";
import {
  injectResponseBody,
  overrideUpstreamHost,
  redisCall,
  redisInit,
  upstreamHosts,
} from "proxy-wasm-as/higress";

export * from "./all-callbacks";

/*
 * A plugin that does what the path of a request says, with headers x-a, x-b and x-c as arguments,
 * and answers the results in words. Paths that begin with /pass let the request go on; their words
 * stand in a log line.
 */

const words: Builder = new Builder();

function say(word: Slice | null): void {
  if (words.length > 0) words.appendByte(0x20);
  words.append(word === null ? bytes("null") : word.isEmpty ? bytes("empty") : word);
}

function sayNumber(value: i64): void {
  if (words.length > 0) words.appendByte(0x20);
  words.appendInteger(value);
}

function sayPairs(pairs: Pairs): void {
  sayNumber(pairs.count);
  for (let i = 0; i < pairs.count; i++) {
    if (pairs.name(i).at(0) != 0x78) continue; // x-…
    words.appendByte(0x20).append(pairs.name(i)).appendByte(0x3d).append(pairs.value(i));
  }
}

function argument(name: string): Slice {
  const value = requestHeaders.get(bytes(name));
  return value === null ? NO_BYTES : value.copy();
}

class HostRoot extends RootContext {
  readonly counter: Counter = new Counter(bytes("hits"));
  readonly gauge: Gauge = new Gauge(bytes("open"));
  readonly histogram: Histogram = new Histogram(bytes("took"));
  ticks: i32 = 0;
  readonly queue: u32 = registerQueue(bytes("mail"));

  override onConfigure(_configuration: Slice): bool {
    setTickPeriod(1000);
    return true;
  }

  override createStream(id: u32): HttpContext {
    return new HostStream(id, this);
  }

  override onTick(): void {
    this.ticks++;
    if (this.ticks == 3) setTickPeriod(0);
    this.counter.increment(10);
  }

  override onQueueReady(queue: u32): void {
    const item = dequeue(queue);
    const line = new Builder().appendText("mail ").append(item === null ? NO_BYTES : item);
    logLine(LogLevel.Info, line.view());
    const rest = dequeue(queue);
    if (rest === null) logLine(LogLevel.Info, bytes("no more mail"));
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const line = new Builder().appendText("root ").appendInteger(tag).appendByte(0x20);
    logLine(LogLevel.Warn, line.appendInteger(response.status).view());
  }

  override onRedisReply(tag: i32, failed: bool, reply: Slice): void {
    const line = new Builder().appendText(failed ? "redis failed " : "redis ").appendInteger(tag);
    logLine(LogLevel.Warn, line.appendByte(0x20).append(reply).view());
  }
}

class HostStream extends HttpContext {
  private path: Slice = NO_BYTES;
  private a: Slice = NO_BYTES;
  private b: Slice = NO_BYTES;
  private c: Slice = NO_BYTES;

  constructor(
    id: u32,
    private readonly root: HostRoot,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    words.clear();
    this.path = argument(":path");
    this.a = argument("x-a");
    this.b = argument("x-b");
    this.c = argument("x-c");
    const path = this.path.toString();
    if (path == "/get") say(requestHeaders.get(this.a));
    else if (path == "/pairs") sayPairs(requestHeaders.pairs());
    else if (path == "/blocks") this.blocks();
    else if (path == "/pass-snapshot") this.snapshots();
    else if (path.startsWith("/pass-headers")) this.editHeaders(path);
    else if (path == "/property") this.properties();
    else if (path == "/shared") this.sharedData();
    else if (path == "/queue") this.queues();
    else if (path == "/metric") this.metrics();
    else if (path == "/clock") this.clock();
    else if (path == "/random") this.randomness();
    else if (path == "/environment") say(environmentVariable(this.a));
    else if (path == "/foreign") say(callForeign(this.a, this.b));
    else if (path == "/log") this.levels();
    else if (path == "/abort") unreachableIndex(this.a.length);
    else if (path == "/reply") return this.replyTwice();
    else if (path == "/close") this.closeStream();
    else if (path == "/http") return this.call();
    else if (path == "/redis") return this.redis();
    else if (path.startsWith("/body")) return HeadersAction.StopIteration;
    else if (path.startsWith("/pass")) return HeadersAction.Continue;
    if (path.startsWith("/pass")) return this.pass();
    if (path != "/close") this.answer();
    return HeadersAction.StopAllIterationAndWatermark;
  }

  override onRequestBody(size: i32, endOfStream: bool): DataAction {
    const path = this.path.toString();
    if (!path.startsWith("/body")) return DataAction.Continue;
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    if (path == "/body-read") {
      sayNumber(size);
      say(requestBody.readAll());
      say(requestBody.read(1, 2));
      say(requestBody.read(100, 2));
      say(responseBody.readAll());
      this.answer();
      return DataAction.StopIterationAndBuffer;
    }
    requestHeaders.remove(bytes("content-length"));
    const status =
      path == "/body-replace"
        ? requestBody.replace(this.a)
        : path == "/body-append"
          ? requestBody.append(this.a)
          : requestBody.prepend(this.a);
    if (status != Status.Ok) sayNumber(status);
    return DataAction.Continue;
  }

  override onRequestTrailers(): TrailersAction {
    if (this.path.startsWith(bytes("/pass-trailers"))) {
      say(requestTrailers.get(bytes("x-t")));
      sayNumber(requestTrailers.set(bytes("x-t"), bytes("changed")));
      this.log();
    }
    return TrailersAction.Continue;
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    if (this.path.startsWith(bytes("/pass-response"))) {
      responseHeaders.set(bytes("x-status"), bytes("seen"));
      responseHeaders.remove(bytes("content-length"));
    }
    return HeadersAction.Continue;
  }

  override onResponseBody(_size: i32, endOfStream: bool): DataAction {
    if (endOfStream && this.path.equals(bytes("/pass-response"))) responseBody.append(bytes("!"));
    return DataAction.Continue;
  }

  override onResponseTrailers(): TrailersAction {
    if (this.path.equals(bytes("/pass-response"))) responseTrailers.add(bytes("x-u"), bytes("2"));
    return TrailersAction.Continue;
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    words.clear();
    sayNumber(tag);
    sayNumber(response.status);
    sayNumber(response.bodySize);
    say(response.header(bytes("x-h")));
    say(response.body());
    sayNumber(response.headers().count > 0 ? 1 : 0);
    if (tag == 9) sayPairs(response.trailers());
    if (tag == 8) {
      this.resumeRequest();
      this.log();
    } else {
      this.answer();
      this.resumeRequest(); // has no effect after the answer
    }
  }

  override onRedisReply(tag: i32, failed: bool, reply: Slice): void {
    words.clear();
    sayNumber(tag);
    sayNumber(failed ? 1 : 0);
    say(reply);
    this.answer();
  }

  private editHeaders(path: string): void {
    if (path == "/pass-headers") {
      sayNumber(requestHeaders.set(bytes("x-set"), this.a));
      sayNumber(requestHeaders.add(bytes("x-a"), this.b));
      sayNumber(requestHeaders.remove(bytes("x-c")));
      sayNumber(requestHeaders.remove(bytes("x-absent")));
      sayNumber(requestHeaders.set(bytes("x-bad"), bytes("a\r\nb: c")));
      sayNumber(requestHeaders.add(bytes("x-bad"), bytes("a\0b")));
      sayNumber(requestHeaders.set(NO_BYTES, this.a));
      sayNumber(requestHeaders.add(bytes("x bad"), this.a));
      sayNumber(requestHeaders.set(bytes("x-bad\x7f"), this.a));
      sayNumber(responseHeaders.set(bytes("x-late"), bytes("1")));
      return;
    }
    const all = new PairsBuilder();
    all.add(bytes(":method"), bytes("PUT")).add(bytes(":path"), bytes("/replaced"));
    all.add(bytes(":authority"), bytes("r.test")).add(bytes(":scheme"), bytes("http"));
    all.add(bytes("x-forwarded-proto"), bytes("http")); // without it Envoy finds no route
    all.add(bytes("x-only"), this.a).add(bytes("x-only"), this.b);
    if (path == "/pass-headers-many") for (let i = 0; i < 1020; i++) all.add(bytes("x-m"), this.a);
    if (path == "/pass-headers-large") all.add(bytes("x-l"), new Builder(1).append(large()).view());
    if (path == "/pass-headers-broken") all.add(bytes("x-l"), bytes("a\nb"));
    sayNumber(requestHeaders.replaceAll(all));
  }

  private snapshots(): void {
    requestHeaders.load();
    sayNumber(requestHeaders.remove(bytes("x-a")));
    say(requestHeaders.get(bytes("x-a")));
    requestHeaders.load();
    requestHeaders.add(bytes("x-new"), bytes("added"));
    say(requestHeaders.get(bytes("x-new")));
    requestHeaders.load();
    requestHeaders.set(bytes("x-new"), bytes("set"));
    say(requestHeaders.get(bytes("x-new")));
    responseHeaders.load(); // out of reach
    sayNumber(responseHeaders.remove(bytes("x-a")));
  }

  /** Serialised pairs as hosts and test emulators may hand them over. */
  private blocks(): void {
    const block = new PairsBuilder().add(this.a, this.b).build();
    say(new Pairs(block).find(this.c));
    sayNumber(new Pairs(new Builder().append(block).appendByte(0).view()).count);
    sayNumber(new Pairs(block.sub(0, block.length - 1)).count);
    const most = new PairsBuilder();
    for (let i = 0; i < 1024; i++) most.add(this.a, this.b);
    sayNumber(most.isComplete ? most.count : -1);
    sayNumber(most.add(this.a, this.b).isComplete ? most.count : -1);
    const text = large();
    const room = (1 << 20) - 17; // of a block: 4 bytes, 8 for the lengths, the name, two NULs
    sayNumber(new PairsBuilder().add(bytes("x-l"), text.sub(0, room)).isComplete ? 1 : 0);
    sayNumber(new PairsBuilder().add(bytes("x-l"), text.sub(0, room + 1)).isComplete ? 1 : 0);
  }

  private properties(): void {
    say(getProperty(propertyPath(["request", "path"])));
    say(getProperty(propertyPath(["no", "such"])));
    sayNumber(setProperty(bytes("mine"), this.a));
    say(getProperty(bytes("mine")));
  }

  private sharedData(): void {
    const before = getSharedData(this.a);
    say(before === null ? null : before.data);
    sayNumber(setSharedData(this.a, this.b, before === null ? ONLY_IF_ABSENT : before.cas));
    const after = getSharedData(this.a);
    if (after === null) return;
    say(after.data);
    sayNumber(setSharedData(this.a, bytes("lost"), after.cas + 7));
    sayNumber(setSharedData(this.a, bytes("late"), ONLY_IF_ABSENT));
    sayNumber(setSharedData(this.a, this.c, after.cas));
    sayNumber(setSharedData(this.a, bytes("stale"), after.cas));
    const end = getSharedData(this.a);
    say(end === null ? null : end.data);
    if (this.b.isEmpty) sayNumber(setSharedData(this.a, this.b, ALWAYS));
  }

  private queues(): void {
    const queue = resolveQueue(NO_BYTES, this.a);
    sayNumber(queue == NO_QUEUE ? -1 : queue == this.root.queue ? 1 : 0);
    sayNumber(enqueue(queue, this.b));
    say(dequeue(NO_QUEUE));
  }

  private metrics(): void {
    this.root.counter.increment();
    this.root.counter.increment(2);
    this.root.counter.increment(0);
    this.root.counter.increment(-1);
    this.root.gauge.set(7);
    this.root.gauge.add(-2);
    this.root.histogram.record(9);
    sayNumber(this.root.counter.value);
    sayNumber(this.root.gauge.value);
  }

  private clock(): void {
    sayNumber(wallClockSeconds());
    sayNumber(wallClockNs());
    sayNumber(monotonicNs() > 0 ? 1 : 0);
  }

  private randomness(): void {
    const large = randomBytes(70000);
    const none = randomBytes(-1);
    const some = randomBytes(16);
    sayNumber(large === null ? -1 : large.length);
    sayNumber(none === null ? -1 : none.length);
    sayNumber(some !== null && some.find(new Slice(some.ptr, 0)) == 0 ? some.length : -1);
    sayNumber(randomU64() != randomU64() ? 1 : 0);
  }

  private levels(): void {
    for (let level = LogLevel.Trace as i32; level <= LogLevel.Critical; level++) {
      sayNumber(isLogged(level as LogLevel) ? 1 : 0);
      logLine(level as LogLevel, this.a);
    }
  }

  private replyTwice(): HeadersAction {
    const headers = new PairsBuilder().add(bytes("x-r"), this.a).add(bytes("x-r"), this.b);
    sayNumber(this.hasReplied ? 1 : 0);
    const first = this.sendLocalReply(418, headers.build(), this.a, bytes("my_details"));
    sayNumber(this.hasReplied ? 1 : 0);
    const second = this.sendLocalReply(500, NO_BYTES, bytes("second"));
    sayNumber(first ? 1 : 0);
    sayNumber(second ? 1 : 0);
    this.resumeRequest();
    this.resumeResponse();
    this.log();
    return HeadersAction.StopAllIterationAndWatermark;
  }

  private call(): HeadersAction {
    const headers = new PairsBuilder().add(bytes(":method"), bytes("POST"));
    headers.add(bytes(":path"), bytes("/check"));
    if (!this.c.equals(bytes("incomplete"))) headers.add(bytes(":authority"), bytes("c.test"));
    const owner = this.c.equals(bytes("root")) ? this.root.id : this.id;
    const tag = this.c.equals(bytes("resume")) ? 8 : 7;
    const status = this.c.equals(bytes("trailers"))
      ? httpCallWithTrailers(owner, 9, this.a, headers.build(), this.b, trailers(), 500)
      : httpCall(owner, tag, this.a, headers.build(), this.b, 500);
    if (status != Status.Ok || owner == this.root.id) {
      sayNumber(status);
      this.answer();
    }
    return HeadersAction.StopAllIterationAndWatermark;
  }

  private redis(): HeadersAction {
    if (isDefined(HIGRESS)) {
      sayNumber(redisInit(this.a, NO_BYTES, NO_BYTES, 1000));
      const owner = this.c.equals(bytes("root")) ? this.root.id : this.id;
      const status = redisCall(owner, 5, this.a, bytes("*1\r\n$4\r\nping\r\n"));
      if (this.c.equals(bytes("hosts"))) {
        sayNumber(upstreamHosts().count);
        sayNumber(overrideUpstreamHost(this.b));
        sayNumber(injectResponseBody(this.b, false));
        sayNumber(injectResponseBody(this.b, true));
      }
      if (status == Status.Ok && owner == this.id)
        return HeadersAction.StopAllIterationAndWatermark;
      sayNumber(status);
    }
    this.answer();
    return HeadersAction.StopAllIterationAndWatermark;
  }

  private pass(): HeadersAction {
    this.log();
    return HeadersAction.Continue;
  }

  private log(): void {
    logLine(LogLevel.Warn, words.view());
  }

  private answer(): void {
    this.sendLocalReply(200, NO_BYTES, words.toSlice(), bytes("driver"));
  }
}

function trailers(): Slice {
  return new PairsBuilder().add(bytes("x-sum"), bytes("7")).add(bytes("x-end"), bytes("1")).build();
}

/** More than hosts take as pairs. */
function large(): Slice {
  const text = new Builder(1 << 20);
  for (let i = 0; i < 1 << 17; i++) text.appendText("01234567");
  return text.view();
}

/** Reads behind the end of an array. */
function unreachableIndex(index: i32): void {
  const few = new StaticArray<i32>(1);
  sayNumber(few[index + 1 + <i32>parseInteger(bytes("0"))]);
}

register((id) => new HostRoot(id));
