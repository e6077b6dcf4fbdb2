import {
  Builder,
  bytes,
  equalsIgnoreCase,
  lowerCase,
  NO_BYTES,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { ConfigReader, configText } from "@ai-gateway-wasm/kit";
import {
  Cluster,
  fqdnCluster,
  HttpClient,
  HttpRequest,
  literalCluster,
} from "@ai-gateway-wasm/kit/http-client";
import { isHeaderName, isHeaderValue } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE } from "../names";

export const POST: Slice = bytes("POST");
export const AUTHORIZATION: Slice = bytes("authorization");
const COLON: i32 = 0x3a;

export const DEFAULT_TIMEOUT_MS: i64 = 2000;
const LONGEST_TIMEOUT_MS: i64 = 600_000;
const HIGHEST_PORT: i64 = 65535;

/** Where a service is and what all calls to it carry. Belongs to a configuration. */
@final
export class Service {
  private readonly names: Slice[] = [];
  private readonly values: Slice[] = [];

  /** @param client where it is */
  constructor(
    readonly client: HttpClient,
    /** Most characters in one question. */
    readonly maxChars: i32 = i32.MAX_VALUE,
  ) {}

  /** `apiKey` as a header of each call, unless there is none or `headers` has that header. */
  authorize(config: ConfigReader, name: Slice): void {
    this.addKey(config, name, config.text("apiKey"));
  }

  /** The same as most services want it. */
  authorizeBearer(config: ConfigReader): void {
    const key = config.text("apiKey");
    this.addKey(config, AUTHORIZATION, key.isEmpty ? key : bearer(key));
  }

  /** A call with a JSON body. */
  post(path: Slice, body: Slice): HttpRequest {
    const request = new HttpRequest(POST, path);
    if (!this.has(CONTENT_TYPE)) request.header(CONTENT_TYPE, JSON_TYPE);
    for (let i = 0; i < this.names.length; i++) request.header(this.names[i], this.values[i]);
    request.body = body;
    return request;
  }

  /** The headers of the configuration. */
  readHeaders(config: ConfigReader): void {
    const headers = config.object("headers");
    if (headers === null || headers.value.isNull) return;
    if (!headers.value.isObject) return config.refuse("headers", "must be an object");
    const cursor = headers.value.entries();
    while (cursor.next()) {
      const name = lowerCase(cursor.key).copy();
      const value = configText(cursor.value).copy();
      if (!isHeaderName(name) || name.at(0) == COLON) {
        headers.refuse(name.toString(), "is not a header name");
      } else if (!isHeaderValue(value)) {
        headers.refuse(name.toString(), "cannot stand in a header");
      }
      this.add(name, value);
    }
  }

  /** @param value no bytes: none */
  addKey(config: ConfigReader, name: Slice, value: Slice): void {
    if (value.isEmpty || this.has(name)) return;
    if (!isHeaderValue(value)) config.refuse("apiKey", "cannot stand in a header");
    this.add(name, value);
  }

  private has(name: Slice): bool {
    for (let i = 0; i < this.names.length; i++) {
      if (equalsIgnoreCase(this.names[i], name)) return true;
    }
    return false;
  }

  private add(name: Slice, value: Slice): void {
    this.names.push(name);
    this.values.push(value);
  }
}

/**
 * The fields that all back ends of ours share, apart from `apiKey` and `path`.
 *
 * @param host what `serviceHost` is when it is left out; no bytes: the name of the service
 * @param maxChars what `maxChars` is when it is left out
 */
export function readService(
  config: ConfigReader,
  host: Slice = NO_BYTES,
  maxChars: i32 = i32.MAX_VALUE,
): Service {
  const cluster = readCluster(config, host);
  const timeoutMs = config.integer("timeout", DEFAULT_TIMEOUT_MS, 1, LONGEST_TIMEOUT_MS);
  const client = new HttpClient(cluster, <i32>timeoutMs);
  const service = new Service(client, readMaxChars(config, maxChars));
  service.readHeaders(config);
  return service;
}

export function readMaxChars(config: ConfigReader, fallback: i32 = i32.MAX_VALUE): i32 {
  return <i32>config.integer("maxChars", fallback, 1, i32.MAX_VALUE);
}

/** `cluster` is what the operator of a plain Envoy named it; else a name and a port of Higress. */
function readCluster(config: ConfigReader, fallback: Slice): Cluster {
  const host = config.text("serviceHost", fallback);
  const cluster = config.text("cluster");
  if (!cluster.isEmpty) return literalCluster(cluster, host);
  const name = config.text("serviceName");
  if (name.isEmpty) config.refuse("serviceName", "is required, or cluster");
  if (!config.has("servicePort")) config.refuse("servicePort", "is required, or cluster");
  return fqdnCluster(name, <i32>config.integer("servicePort", 0, 1, HIGHEST_PORT), host);
}

export function bearer(key: Slice): Slice {
  return new Builder().appendText("Bearer ").append(key).toSlice();
}

/** `path`, which must begin with a slash. */
export function readPath(config: ConfigReader, fallback: string): Slice {
  const path = config.text("path", bytes(fallback));
  if (!path.isEmpty && path.at(0) != 0x2f) config.refuse("path", "must begin with /");
  return path;
}
