import { HeaderList } from "../abi/header-list";
import { asBytes, toBinary } from "../abi/text";
import type { Environment } from "../engine/environment";
import { headerPairs } from "../engine/upstream-exchange";
import type { FetchInit, HeaderPair } from "../types";

/** Request as the connection manager hands it to the first filter (harness.md §6.14). */
export function buildRequest(
  env: Environment,
  target: string | URL,
  init: FetchInit,
): { headers: HeaderList; body: Uint8Array[] | null; trailers: HeaderPair[] | null } {
  const text = String(target);
  const space = /^([A-Z]+) (.*)$/.exec(text);
  const url = new URL(space?.[2] ?? text, "http://test.local");
  const method =
    init.method ?? space?.[1] ?? (init.body !== undefined || init.chunks ? "POST" : "GET");
  const given = headerPairs(init.headers);
  const find = (name: string) => given.find((pair) => pair[0].toLowerCase() === name)?.[1];
  const raw = /^[a-z]+:\/\/[^/?#]*([^#]*)/.exec(space?.[2] ?? text)?.[1] ?? space?.[2] ?? text;
  const path = toBinary(raw.startsWith("/") ? raw : `/${raw}`);
  const chunks =
    init.chunks?.map(asBytes) ?? (init.body === undefined ? null : [asBytes(init.body)]);
  const size = chunks?.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0;
  const body = chunks && (size > 0 || init.chunks) ? chunks : null;
  const trailers = init.trailers ? headerPairs(init.trailers) : null;
  const pseudo: HeaderPair[] = [
    [":authority", find(":authority") ?? find("host") ?? toBinary(url.host)],
    [":path", find(":path") ?? path],
    [":method", find(":method") ?? toBinary(method)],
    [":scheme", find(":scheme") ?? "http"],
  ];
  const list = new HeaderList(
    env.downstream === "h1" ? pseudo : [pseudo[2]!, pseudo[3]!, pseudo[0]!, pseudo[1]!],
  );
  for (const [name, value] of given) {
    if (!name.startsWith(":") && name.toLowerCase() !== "host") list.add(name, value);
  }
  frame(env, list, init, size, body !== null, trailers !== null);
  return { headers: list, body, trailers };
}

function frame(
  env: Environment,
  list: HeaderList,
  init: FetchInit,
  size: number,
  hasBody: boolean,
  hasTrailers: boolean,
): void {
  const h1 = env.downstream === "h1";
  if (!list.has("content-length") && !list.has("transfer-encoding")) {
    const chunked = init.framing === "chunked" || (h1 && hasTrailers);
    if (chunked && h1) list.add("transfer-encoding", "chunked");
    else if (!chunked && (hasBody || init.body !== undefined))
      list.add("content-length", String(size));
  }
  if (env.router === "bare") return;
  if (!list.has("x-forwarded-proto")) list.add("x-forwarded-proto", "http");
  if (!list.has("x-request-id")) list.add("x-request-id", env.requestId());
}
