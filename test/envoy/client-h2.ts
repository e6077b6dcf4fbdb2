import { connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { ANSWER_TIMEOUT_MS, patience } from "./client-h1.js";
import { sleep } from "./envoy.js";
import { PIECE_GAP_MS } from "./upstream.js";
import { DEFAULT_HOST } from "../scenario/transcript.js";
import type { HeaderPair, RequestStep } from "../scenario/scenario.js";
import type { ClientSeen } from "../scenario/outcome.js";

/** Sends one request over its own HTTP/2 connection without TLS; `details` stay empty. */
export async function sendH2(port: number, step: RequestStep): Promise<ClientSeen> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const stream = session.request(requestHeaders(step), {
    endStream: step.body === null,
    waitForTrailers: step.trailers.length > 0,
  });
  stream.on("wantTrailers", () => stream.sendTrailers(collect(step.trailers)));
  const seen: ClientSeen = {
    status: 0,
    headers: [],
    body: Buffer.alloc(0),
    trailers: [],
    details: "",
    complete: false,
  };
  const parts: Buffer[] = [];
  // Node hands the flat list of names and values over as a further argument its types leave out.
  stream.on("response", (headers, _flags, ...more: unknown[]) => {
    seen.status = Number(headers[":status"] ?? 0);
    seen.headers = pairs(more[0]);
  });
  stream.on("trailers", (_headers, _flags, ...more: unknown[]) => {
    seen.trailers = pairs(more[0]);
  });
  stream.on("data", (bytes: Buffer) => parts.push(bytes));
  const done = new Promise<void>((resolve) => {
    stream.on("end", () => {
      seen.complete = stream.rstCode === constants.NGHTTP2_NO_ERROR && seen.status > 0;
      resolve();
    });
    stream.on("error", () => resolve());
    stream.on("close", () => {
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) seen.complete = false;
      resolve();
    });
    if (step.abort) void patience(step).then(resolve);
    else setTimeout(resolve, ANSWER_TIMEOUT_MS).unref();
  });
  const writing = (async () => {
    for (const [i, piece] of (step.body ?? []).entries()) {
      if (i > 0) await sleep(PIECE_GAP_MS);
      if (stream.destroyed || stream.closed) return;
      stream.write(piece);
    }
    if (step.body) stream.end();
  })();
  await Promise.race([writing, done]);
  await done;
  await sleep(0); // a reset may follow the last frame
  if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  session.destroy();
  return { ...seen, body: Buffer.concat(parts) };
}

function requestHeaders(step: RequestStep): OutgoingHttpHeaders {
  const host = step.headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? DEFAULT_HOST;
  const others = step.headers.filter(([name]) => name.toLowerCase() !== "host");
  const length = (step.body ?? []).reduce((sum, piece) => sum + piece.length, 0);
  const sized = step.body !== null && !step.chunked;
  return {
    ":method": step.method,
    ":authority": host,
    ":scheme": "http",
    ":path": step.path,
    ...collect(others),
    ...(sized ? { "content-length": String(length) } : {}),
  };
}

/** Node wants repeated headers as arrays. */
function collect(headers: readonly HeaderPair[]): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = result[key];
    result[key] = before === undefined ? value : [before, value].flat();
  }
  return result;
}

function pairs(flat: unknown): HeaderPair[] {
  const list = Array.isArray(flat) ? flat.map(String) : [];
  return list.flatMap((name, i): HeaderPair[] => (i % 2 ? [] : [[name, list[i + 1] ?? ""]]));
}
