import { bytes, Builder, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { AttributeMap } from "@ai-gateway-wasm/kit/assembly/attribute-map";
import { AI_LOG, writeToLog, writeToTrace } from "@ai-gateway-wasm/kit/assembly/attributes";
import { literalCluster, routeCluster } from "@ai-gateway-wasm/kit/assembly/cluster";
import { hostError } from "@ai-gateway-wasm/kit/assembly/host-error";
import { HttpClient } from "@ai-gateway-wasm/kit/assembly/http-client";
import { HttpRequest } from "@ai-gateway-wasm/kit/assembly/http-request";
import { PluginLog } from "@ai-gateway-wasm/kit/assembly/log";
import { RedisCalls } from "@ai-gateway-wasm/kit/assembly/redis-calls";
import { RedisClient, RedisLogin } from "@ai-gateway-wasm/kit/assembly/redis-client";
import { redisGet } from "@ai-gateway-wasm/kit/assembly/redis-words";
import {
  HeadersAction,
  HttpCallResponse,
  HttpContext,
  PairsBuilder,
  register,
  requestHeaders,
  RootContext,
  Status,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_http_call_response, proxy_on_request_headers } from "proxy-wasm-as/callbacks";
export { proxy_on_redis_call_response } from "proxy-wasm-as/callbacks-higress";

/*
 * A plugin whose requests say what to do, in the path:
 *
 *   /http    calls cluster `x-cluster` at `x-url`; answers what came back
 *   /redis   sends the words of header `x-words` (comma-separated); answers the reply
 *   /log     sets attributes from header `x-attributes` (key=value,…) and lets the request pass
 *   /route   answers the route's cluster
 *
 * Configuration: lines `<cluster>|<user>|<password>|<database>`, one Redis client per line.
 */

function header(name: string): Slice {
  const value = requestHeaders.get(bytes(name));
  return value === null ? NO_BYTES : value;
}

/** The parts of a text between separators. */
function split(text: Slice, separator: u8): Slice[] {
  const parts: Slice[] = [];
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    parts.push(text.sub(start, end));
    start = end + 1;
  }
  return parts;
}

class DriverRoot extends RootContext {
  readonly log: PluginLog = new PluginLog(bytes("driver"));
  readonly redis: RedisClient[] = [];

  override onConfigure(configuration: Slice): bool {
    const lines = split(configuration.copy(), 0x0a);
    for (let i = 0; i < lines.length; i++) {
      const fields = split(lines[i], 0x7c);
      if (fields.length < 4) continue;
      const login = new RedisLogin();
      login.username = fields[1];
      login.password = fields[2];
      login.database = <i32>parseInteger(fields[3]);
      const client = new RedisClient(literalCluster(fields[0]), login);
      if (fields.length == 4) client.init();
      this.redis.push(client);
    }
    return true;
  }

  override createStream(id: u32): HttpContext {
    return new Driver(id, this);
  }
}

class Driver extends HttpContext {
  private readonly calls: RedisCalls;

  constructor(
    id: u32,
    private readonly root: DriverRoot,
  ) {
    super(id);
    this.calls = new RedisCalls(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    const path = header(":path").toString();
    if (path == "/http") return this.callHttp();
    if (path == "/redis") return this.callRedis();
    if (path == "/log") this.logAttributes();
    if (path == "/route") {
      const cluster = routeCluster(header("x-host"));
      this.answer(200, cluster.name.toString() + " " + cluster.host.toString());
      return HeadersAction.StopIteration;
    }
    return HeadersAction.Continue;
  }

  override onHttpCallResponse(tag: i32, response: HttpCallResponse): void {
    const text = tag.toString() + " " + response.status.toString() + " ";
    this.answer(200, text + response.body().toString());
  }

  override onRedisReply(id: i32, failed: bool, data: Slice): void {
    const reply = this.calls.receive(id, failed, data);
    if (reply === null) return;
    const kind = reply.isError ? " error " : reply.isNull ? " null " : " text ";
    this.answer(200, reply.tag.toString() + kind + reply.text.toString());
  }

  private callHttp(): HeadersAction {
    const timeout = header("x-timeout");
    const cluster = literalCluster(header("x-cluster"), header("x-host"));
    const client = timeout.isEmpty
      ? new HttpClient(cluster)
      : new HttpClient(cluster, <i32>parseInteger(timeout));
    const request = new HttpRequest(bytes("POST"), header("x-url"))
      .header(bytes("x-first"), bytes("1"))
      .header(bytes(":path"), bytes("/stolen"))
      .header(bytes(":Path"), bytes("/stolen"))
      .header(bytes(":Authority"), bytes("stolen"))
      .header(bytes(":method"), bytes("DELETE"))
      .header(bytes(":METHOD"), bytes("DELETE"))
      .header(bytes("x-secret"), header("x-secret"))
      .header(bytes("x-first"), bytes("2"));
    if (!header("x-broken").isEmpty) request.header(bytes("x-broken"), bytes("a\r\nb: c"));
    request.body = header("x-body");
    return this.started(client.send(this.id, 7, request));
  }

  private callRedis(): HeadersAction {
    const index = header("x-client");
    const client = this.root.redis[index.isEmpty ? 0 : <i32>parseInteger(index)];
    const words = header("x-words");
    const error = client.command(
      this.calls,
      9,
      words.isEmpty ? redisGet(bytes("key")) : split(words, 0x2c),
    );
    if (error !== null) this.answer(503, error);
    return HeadersAction.StopAllIterationAndWatermark;
  }

  private started(status: Status): HeadersAction {
    if (status != Status.Ok) this.answer(503, hostError(status));
    return HeadersAction.StopAllIterationAndWatermark;
  }

  private logAttributes(): void {
    const attributes = new AttributeMap();
    const parts = split(header("x-attributes"), 0x2c);
    for (let i = 0; i < parts.length; i++) {
      const equals = parts[i].indexOf(0x3d);
      attributes.setText(parts[i].sub(0, equals), parts[i].sub(equals + 1));
    }
    const property = header("x-property");
    writeToLog(this.root.log, attributes, property.isEmpty ? AI_LOG : property);
    writeToTrace(this.root.log, attributes);
  }

  private answer(status: i32, text: string): void {
    const pending = new Builder().appendInteger(this.calls.pending).view();
    const headers = new PairsBuilder().add(bytes("x-pending"), pending).build();
    this.sendLocalReply(status, headers, new Builder().appendText(text).view());
  }
}

register((id) => new DriverRoot(id));
