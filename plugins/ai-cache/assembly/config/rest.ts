import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, OwnFields } from "@ai-gateway-wasm/kit";
import { Cluster } from "@ai-gateway-wasm/kit/http-client";
import { Backend } from "@ai-gateway-wasm/store/assembly/backend";
import { encodeBase64 } from "@ai-gateway-wasm/store/assembly/remote/base64";
import { RestBackend } from "@ai-gateway-wasm/store/assembly/remote/rest";
import { RestDialect } from "@ai-gateway-wasm/store/assembly/remote/rest-dialect";
import { UpstashDialect } from "@ai-gateway-wasm/store/assembly/remote/upstash";
import { isHeaderValue, PairsBuilder } from "proxy-wasm-as";
import { WebdisBytes } from "../store/webdis-bytes";
import { readCluster } from "./connection";

const DIALECTS: string[] = ["upstash", "webdis"];
const WEBDIS: i32 = 1;
const DEFAULT_PORT: i64 = 80;
const DEFAULT_TIMEOUT_MS: i64 = 1000;

/** Where a block of type `redis-http` says that its endpoint is. */
export function restCluster(block: ConfigReader): Cluster {
  const port = <i32>block.integer("servicePort", DEFAULT_PORT, 0, 65535);
  return readCluster(block, port == 0 ? <i32>DEFAULT_PORT : port);
}

/** Reads a block of type `redis-http` (ai-cache.md, Annex E). Null: refused. */
export function readRest(block: ConfigReader, cluster: Cluster): Backend | null {
  const dialect = readDialect(block);
  const headers = new PairsBuilder()
    .add(bytes(":method"), bytes("POST"))
    .add(bytes(":path"), readPath(block))
    .add(bytes(":authority"), cluster.host);
  const credentials = readCredentials(block);
  if (!credentials.isEmpty) headers.add(bytes("authorization"), credentials);
  headers.add(bytes("content-type"), bytes("application/json"));
  const timeoutMs = <i32>block.integer("timeout", DEFAULT_TIMEOUT_MS, 1, 600000);
  if (!headers.isComplete) block.refuse(hostField(block), "must not contain line breaks or NUL");
  if (block.errors.any) return null;
  const once = headers.build();
  // Envoy's: once more, on another connection, when one breaks before the answer; not when that is late.
  const twice = headers.add(bytes("x-envoy-retry-on"), bytes("reset")).build();
  return new RestBackend(cluster.name, once, twice, dialect, timeoutMs);
}

function readDialect(block: ConfigReader): RestDialect {
  const isWebdis = new OwnFields(block).choice("dialect", DIALECTS, 0) == WEBDIS;
  const database = <i32>block.integer("database", 0, 0, 1000000);
  if (isWebdis) return new WebdisBytes(database);
  if (database != 0) block.refuse("database", "not with dialect upstash");
  return new UpstashDialect();
}

/** `<pathPrefix>/` */
function readPath(block: ConfigReader): Slice {
  const prefix = block.text("pathPrefix");
  const isPath = prefix.isEmpty || prefix.at(0) == 0x2f;
  if (!isPath || !isHeaderValue(prefix))
    block.refuse("pathPrefix", "must be a path, such as /redis");
  const path = new Builder().append(prefix);
  return prefix.endsWith(bytes("/")) ? path.view() : path.appendByte(0x2f).view();
}

/** The value of `authorization`; no bytes for none. */
function readCredentials(block: ConfigReader): Slice {
  const token = block.text("token");
  const username = block.text("username");
  const password = block.text("password");
  const isBasic = !username.isEmpty || !password.isEmpty;
  if (!isHeaderValue(token)) block.refuse("token", "must not contain line breaks or NUL");
  if (!token.isEmpty && isBasic) {
    block.refuse("token", "excludes username and password");
  }
  const out = new Builder(128);
  if (!token.isEmpty) return out.appendText("Bearer ").append(token).view();
  if (!isBasic) return NO_BYTES;
  const pair = new Builder(64).append(username).appendByte(0x3a).append(password);
  return out.appendText("Basic ").append(encodeBase64(pair.view())).view();
}

/** The field that says what the host is called. */
function hostField(block: ConfigReader): string {
  if (!block.text("serviceHost").isEmpty) return "serviceHost";
  return block.text("cluster").isEmpty ? "serviceName" : "cluster";
}
