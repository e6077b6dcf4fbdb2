import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How a streamed answer is paced and whether it breaks. */
export interface StreamPace {
  /** Pause before each chunk, in ms. */
  chunkDelay: number;
  /** Break the connection after this many chunks; null to send everything. */
  cut: number | null;
}

/** Sends each chunk as a server-sent event, then `[DONE]`. Stops when the client leaves. */
export async function sendEvents(
  response: ServerResponse,
  chunks: Iterable<unknown>,
  pace: StreamPace,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  let sent = 0;
  for (const chunk of chunks) {
    if (response.destroyed) return;
    if (sent === pace.cut) return cut(response);
    if (pace.chunkDelay > 0) await sleep(pace.chunkDelay);
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    sent += 1;
  }
  if (pace.cut !== null) return cut(response);
  response.end("data: [DONE]\n\n");
}

/** Ends the connection in the middle of an answer, after what was written has left. */
export function cut(response: ServerResponse): void {
  if (!response.headersSent) response.flushHeaders();
  response.write("", () => response.socket?.end());
}
