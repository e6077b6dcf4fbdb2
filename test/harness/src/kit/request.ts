import { HeaderList } from "../abi/header-list.js";
import { asBytes, toBinary } from "../abi/text.js";
import type { Environment } from "../engine/environment.js";
import { headerPairs } from "../engine/upstream-exchange.js";
import type { FetchInit, HeaderPair } from "../types.js";
import { removeHopByHop } from "./hop-by-hop.js";

interface BuiltRequest {
  headers: HeaderList;
  body: Uint8Array[] | null;
  trailers: HeaderPair[] | null;
}

/** Headers the connection manager takes away from a client that is not internal. */
const INTERNAL = new Set(
  (
    "retry-on retry-grpc-on max-retries retriable-status-codes retriable-header-names " +
    "hedge-on-per-try-timeout upstream-alt-stat-name upstream-rq-timeout-ms " +
    "upstream-rq-per-try-timeout-ms upstream-rq-timeout-alt-response expected-rq-timeout-ms " +
    "force-trace ip-tags original-url"
  )
    .split(" ")
    .map((name) => `x-envoy-${name}`),
);

/** True for what is between client and gateway only; a body is awaited before filters see a request. */
function isAnswered(name: string, value: string): boolean {
  return INTERNAL.has(name) || (name === "expect" && value.toLowerCase() === "100-continue");
}

/** Request as the connection manager hands it to the first filter (harness.md §6.14). */
export function buildRequest(
  env: Environment,
  target: string | URL,
  init: FetchInit,
): BuiltRequest {
  const given = headerPairs(init.headers);
  const one = init.body === undefined ? null : [asBytes(init.body)];
  const chunks = init.chunks?.map(asBytes) ?? one;
  const size = (chunks ?? []).reduce((sum, chunk) => sum + chunk.length, 0);
  const trailers = init.trailers ? headerPairs(init.trailers) : null;
  // An HTTP/1.1 message of length 0 ends with its headers (6.5); other framings send an empty end.
  const h1 = env.downstream === "h1";
  const isChunked = saysChunked(init, given) || (h1 && trailers !== null);
  const hasEnd = init.chunks && (!h1 || isChunked);
  const body = chunks && (size > 0 || hasEnd) ? chunks : null;
  const headers = headersOf(env, String(target), init, given);
  if (!isChunked && chunks && !headers.has("content-length"))
    headers.add("content-length", String(size));
  if (env.router === "bare") frameChunked(headers, isChunked && h1);
  else {
    removeHopByHop(headers);
    addForwarded(env, headers);
  }
  return { headers, body, trailers };
}

/** What the client says, without what is answered before the filters. */
function headersOf(
  env: Environment,
  target: string,
  init: FetchInit,
  given: readonly HeaderPair[],
): HeaderList {
  const list = new HeaderList(
    pseudoHeaders(env, target, init, given),
    env.profile.emulator === undefined,
  );
  for (const [name, value] of given) {
    if (name.startsWith(":") || name.toLowerCase() === "host") continue;
    if (env.router === "bare" || !isAnswered(name.toLowerCase(), value)) list.add(name, value);
  }
  return list;
}

function saysChunked(init: FetchInit, given: readonly HeaderPair[]): boolean {
  const isFraming = ([name]: HeaderPair) => name.toLowerCase() === "transfer-encoding";
  return init.framing === "chunked" || given.some(isFraming);
}

/** The framing of HTTP/1.1, which a connection manager takes away. */
function frameChunked(list: HeaderList, isChunked: boolean): void {
  const isFramed = list.has("content-length") || list.has("transfer-encoding");
  if (isChunked && !isFramed) list.add("transfer-encoding", "chunked");
}

/** Pseudo headers of `URL` or `METHOD URL`; a test may give its own, raw ones included. */
function pseudoHeaders(
  env: Environment,
  target: string,
  init: FetchInit,
  given: readonly HeaderPair[],
): HeaderPair[] {
  const [, word, rest = target] = /^([A-Z]+) (.*)$/.exec(target) ?? [];
  const find = (name: string) => given.find((pair) => pair[0].toLowerCase() === name)?.[1];
  // The path is taken as written: `new URL` would tidy up what a plugin must see.
  const raw = /^[a-z]+:\/\/[^/?#]*([^#]*)/.exec(rest)?.[1] ?? rest;
  const usual = init.body !== undefined || init.chunks ? "POST" : "GET";
  const host = find("host") ?? toBinary(new URL(rest, "http://test.local").host);
  const authority: HeaderPair = [":authority", find(":authority") ?? host];
  const path: HeaderPair = [
    ":path",
    find(":path") ?? toBinary(raw.startsWith("/") ? raw : `/${raw}`),
  ];
  const method: HeaderPair = [":method", find(":method") ?? toBinary(init.method ?? word ?? usual)];
  const scheme: HeaderPair = [":scheme", find(":scheme") ?? "http"];
  if (env.downstream === "h1") return [authority, path, method, scheme];
  return [method, scheme, authority, path];
}

/** What the connection manager says of the request itself. */
function addForwarded(env: Environment, list: HeaderList): void {
  if (!list.has("x-forwarded-proto")) list.add("x-forwarded-proto", "http");
  if (!list.has("x-request-id")) list.add("x-request-id", env.requestId());
}
