import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import {
  Cluster,
  fqdnCluster,
  HttpRequest,
  literalCluster,
} from "@ai-gateway-wasm/kit/http-client";
import { httpCall, isHeaderValue, Status } from "proxy-wasm-as";

const POST: Slice = bytes("POST");
const PUT: Slice = bytes("PUT");
const CONTENT_TYPE: Slice = bytes("content-type");
const JSON_TYPE: Slice = bytes("application/json");
const BAR: u8 = 0x7c;
const UNKNOWN_HOST: Slice = bytes("unknownhost");

export const AUTHORIZATION: Slice = bytes("authorization");
export const HTTPS_PORT: i32 = 443;

const DEFAULT_TIMEOUT_MS: i32 = 10_000;
const HIGHEST_PORT: i64 = 65535;

/** An HTTP API that speaks JSON, and the headers of all calls to it. Belongs to a configuration. */
@final
export class JsonService {
  private readonly names: Slice[] = [];
  private readonly values: Slice[] = [];

  constructor(
    readonly cluster: Cluster,
    readonly timeoutMs: i32,
  ) {}

  /** One more header of each call, after those there are. */
  header(name: Slice, value: Slice): JsonService {
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  /** The header that says what a body is; where it stands among the others is up to the caller. */
  jsonHeader(): JsonService {
    return this.header(CONTENT_TYPE, JSON_TYPE);
  }

  /** @param path with query, percent-encoded: it goes out as it is */
  post(path: Slice, body: Slice): HttpRequest {
    return this.request(POST, path, body);
  }

  put(path: Slice, body: Slice): HttpRequest {
    return this.request(PUT, path, body);
  }

  /**
   * Sends a request of this service; its answer reaches `onHttpCallResponse(tag, …)` of `owner`.
   *
   * @returns Ok, or why no answer will ever come (unknown cluster, no usable host)
   */
  send(owner: u32, tag: i32, request: HttpRequest): Status {
    const headers = request.complete(request.url, this.cluster.host);
    if (headers === null) return Status.BadArgument;
    return httpCall(owner, tag, this.cluster.name, headers, request.body, this.timeoutMs);
  }

  private request(method: Slice, path: Slice, body: Slice): HttpRequest {
    const request = new HttpRequest(method, path);
    for (let i = 0; i < this.names.length; i++) request.header(this.names[i], this.values[i]);
    request.body = body;
    return request;
  }
}

/**
 * Where a service is: `serviceName`, `servicePort`, `serviceHost`, `cluster`, `timeout`. Zero is what
 * is left out, as with the peer.
 *
 * @param host what `serviceHost` is when it is left out; no bytes: the name of the service
 */
export function readJsonService(
  config: ConfigReader,
  host: Slice = NO_BYTES,
  port: i32 = HTTPS_PORT,
): JsonService {
  const givenPort = <i32>config.integer("servicePort", 0, 0, HIGHEST_PORT);
  const givenTimeout = <i32>config.integer("timeout", 0, 0, i32.MAX_VALUE);
  const authority = readHost(config, host);
  const name = config.text("serviceName");
  const literal = config.text("cluster");
  const cluster = literal.isEmpty
    ? fqdnCluster(name, givenPort == 0 ? port : givenPort, authority)
    : literalCluster(literal, orElse(authority, orElse(name, hostIn(literal))));
  return new JsonService(cluster, givenTimeout == 0 ? DEFAULT_TIMEOUT_MS : givenTimeout);
}

/** A text that stands in a header, such as a key; refused when it cannot. */
export function readHeaderText(config: ConfigReader, field: string): Slice {
  const text = config.text(field);
  if (!isHeaderValue(text)) config.refuse(field, "cannot stand in a header");
  return text;
}

/** A text that must not be empty. @param message what users of the peer know */
export function requireText(config: ConfigReader, field: string, message: string): void {
  if (config.text(field).isEmpty) config.refuse(field, message);
}

/** `serviceName`, unless `cluster` stands for it. */
export function requireService(config: ConfigReader, message: string): void {
  if (config.text("cluster").isEmpty) requireText(config, "serviceName", message);
}

export function bearer(key: Slice): Slice {
  return new Builder().appendText("Bearer ").append(key).toSlice();
}

/** The text, or `fallback` when it has no bytes. */
export function orElse(text: Slice, fallback: Slice): Slice {
  return text.isEmpty ? fallback : text;
}

/** A cluster of an operator's own is named as a host is, others are not. */
function hostIn(cluster: Slice): Slice {
  return cluster.indexOf(BAR) < 0 ? cluster : UNKNOWN_HOST;
}

function readHost(config: ConfigReader, fallback: Slice): Slice {
  return orElse(readHeaderText(config, "serviceHost"), fallback);
}
