import { Escape, JsonValue, JsonWriter, parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import {
  readStore,
  Store,
  StorePlugin,
  StoreReply,
  StoreRoot,
  StoreStream,
} from "@ai-gateway-wasm/store";
import { HeadersAction, HttpContext, register, requestHeaders } from "proxy-wasm-as";
import { commandOf, flag, Reservations } from "./commands";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_http_call_response,
  proxy_on_log,
  proxy_on_request_headers,
} from "proxy-wasm-as/callbacks";
export { proxy_on_redis_call_response } from "proxy-wasm-as/callbacks-higress";

/*
 * A plugin that asks its store what the header `x-ask` says, and answers what the store answered:
 *
 *   {"op":"check","tag":1,"buckets":[{"key":"k","limit":5,"window":60}]}
 *
 * With `"root":true` the root asks and the request is answered at once; with `"log":true` the request
 * passes and the root asks when it is over. The answer goes to the log then.
 */

/** Stands for: no command of this name, or nothing reserved under it. */
const UNKNOWN: string = "unknown command";

class DriverRoot extends StoreRoot<Store> {
  readonly reservations: Reservations = new Reservations();

  constructor(id: u32) {
    super(id, "driver");
  }

  override parseGlobal(document: ConfigReader): Store | null {
    const store = readStore(document, new StorePlugin(bytes("driver"), bytes("driver")));
    if (store !== null && document.has("readiness")) {
      this.log.info("kind " + store.kind.toString() + (store.isReady ? " ready" : " not ready"));
    }
    return store;
  }

  override parseRule(rule: ConfigReader, _base: Store | null): Store | null {
    return this.parseGlobal(rule);
  }

  override accept(id: u32, store: Store): HttpContext {
    return new Driver(id, this, store);
  }

  override onStoreReply(reply: StoreReply): void {
    this.log.info("root " + describe(reply).toString());
  }
}

class Driver extends StoreStream {
  private what: Slice = NO_BYTES;

  constructor(
    id: u32,
    private readonly root: DriverRoot,
    private readonly store: Store,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    const header = requestHeaders.get(bytes("x-ask"));
    if (header === null) return HeadersAction.Continue;
    this.what = header.copy();
    const what = parseJson(this.what);
    if (what === null) return this.answer(400, bytes("x-ask is no JSON"));
    if (flag(what, "log")) return HeadersAction.Continue;
    if (flag(what, "root")) {
      this.askRoot(what);
      return this.answer(200, bytes("asked"));
    }
    const command = commandOf(what, this.root.reservations);
    if (command === null) return this.answer(400, bytes(UNKNOWN));
    const reply = this.store.ask(this.calls, command);
    if (reply === null) return HeadersAction.StopAllIterationAndWatermark;
    return this.answer(200, describe(reply));
  }

  override onStoreReply(reply: StoreReply): void {
    this.answer(200, describe(reply));
  }

  override onLog(): void {
    const what = parseJson(this.what);
    if (what !== null && flag(what, "log")) this.askRoot(what);
  }

  private askRoot(what: JsonValue): void {
    const command = commandOf(what, this.root.reservations);
    if (command === null) return;
    const reply = this.store.ask(this.root.calls, command);
    if (reply !== null) this.root.onStoreReply(reply);
  }

  private answer(status: i32, body: Slice): HeadersAction {
    this.sendLocalReply(status, NO_BYTES, body);
    return HeadersAction.StopAllIterationAndWatermark;
  }
}

function describe(reply: StoreReply): Slice {
  const json = new JsonWriter(Escape.Plain).openObject();
  json.key("tag").integer(reply.tag);
  const error = reply.error;
  if (error !== null) {
    json.key("error").string(error).key("cause").string(reply.cause);
    json.key("failure").integer(reply.failure);
  }
  if (reply.isLocal) json.key("local").boolean(true);
  if (reply.isNull) json.key("null").boolean(true);
  if (!reply.value.isEmpty)
    json.key("value").text(reply.value).key("integer").integer(reply.integer);
  if (reply.denied >= 0) json.key("denied").integer(reply.denied);
  if (reply.states.length > 0) {
    json.key("states").openArray();
    for (let i = 0; i < reply.states.length; i++) {
      const state = reply.states[i];
      json.openArray();
      if (state.isReadable) json.integer(state.limit).integer(state.used).integer(state.ttlSeconds);
      else json.integer(state.size);
      json.closeArray();
    }
    json.closeArray();
  }
  return json.closeObject().toSlice();
}

register((id) => new DriverRoot(id));
