import { connect } from "node:net";
import { chunk, head, lastChunk, MessageReader } from "./http1.js";
import { sleep } from "./envoy.js";
import { PIECE_GAP_MS } from "./upstream.js";
import { DEFAULT_HOST } from "../scenario/transcript.js";
import type { HeaderPair, RequestStep } from "../scenario/scenario.js";
import type { ClientSeen } from "../scenario/outcome.js";

/** How long a client waits for an answer before it gives up (status 0). */
export const ANSWER_TIMEOUT_MS = 10_000;
/** How long a client that will leave waits before it does. */
const ABORT_AFTER_MS = 500;
const NAP_MS = 20;

/** Sends one request over its own HTTP/1.1 connection; `details` of the result stay empty. */
export async function sendH1(port: number, step: RequestStep): Promise<ClientSeen> {
  const reader = new MessageReader("response", step.method === "HEAD");
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  const done = new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      reader.push(bytes);
      if (reader.complete) resolve();
    });
    socket.on("error", () => resolve());
    socket.on("close", () => {
      reader.close();
      resolve();
    });
    if (step.abort) void patience(step).then(resolve);
    else setTimeout(resolve, ANSWER_TIMEOUT_MS).unref();
  });
  await Promise.race([write(socket, step), done]);
  await done;
  socket.destroy();
  return {
    status: Number(reader.start.split(" ")[1] ?? 0),
    headers: reader.headers,
    body: reader.body,
    trailers: reader.trailers,
    details: "",
    complete: reader.complete,
  };
}

/** How long a client waits before it leaves, in naps: on a busy machine each is longer than asked for. */
export async function patience(step: RequestStep): Promise<void> {
  const sendingMs = (step.body?.length ?? 0) * PIECE_GAP_MS;
  for (let ms = 0; ms < ABORT_AFTER_MS + sendingMs; ms += NAP_MS) await sleep(NAP_MS);
}

async function write(socket: ReturnType<typeof connect>, step: RequestStep): Promise<void> {
  const pieces = step.body;
  const hasHost = step.hostless || step.headers.some(([name]) => name.toLowerCase() === "host");
  const headers: HeaderPair[] = hasHost
    ? [...step.headers]
    : [["host", DEFAULT_HOST], ...step.headers];
  const chunked = step.chunked && pieces !== null;
  const length = (pieces ?? []).reduce((sum, piece) => sum + piece.length, 0);
  if (chunked) headers.push(["transfer-encoding", "chunked"]);
  else if (pieces) headers.push(["content-length", String(length)]);
  socket.write(head(`${step.method} ${step.path} HTTP/1.1`, headers));
  for (const [i, piece] of (pieces ?? []).entries()) {
    if (i > 0) await sleep(PIECE_GAP_MS);
    if (socket.destroyed) return;
    if (piece.length) socket.write(chunked ? chunk(piece) : piece);
  }
  if (chunked) {
    await sleep(PIECE_GAP_MS);
    socket.write(lastChunk(step.trailers));
  }
}
