import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** One request as the model saw it. */
export interface SeenRequest {
  /** Counts from 1. */
  number: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The body as text, at most BODY_KEPT characters of it. */
  body: string;
}

/** How many requests are remembered. */
const REQUESTS_KEPT = 100;
/** How much of a body is remembered, in characters. */
const BODY_KEPT = 64 * 1024;
/** Headers whose values nobody should see on a screen. */
const SECRET = /authorization|cookie|key|secret|token/i;

/** Remembers the last requests. Bounded: the oldest are forgotten. */
export class RequestLog {
  private seen: SeenRequest[] = [];
  private count = 0;

  add(request: IncomingMessage, body: string): SeenRequest {
    this.count += 1;
    const entry: SeenRequest = {
      number: this.count,
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: body.slice(0, BODY_KEPT),
    };
    this.seen.push(entry);
    if (this.seen.length > REQUESTS_KEPT) this.seen.shift();
    return entry;
  }

  /** The remembered requests, oldest first. */
  all(): readonly SeenRequest[] {
    return this.seen;
  }

  clear(): void {
    this.seen = [];
  }
}

/** The request with credentials cut to their first characters, fit to be shown. */
export function masked(request: SeenRequest): SeenRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    SECRET.test(name) ? mask(String(value)) : value,
  ]);
  return { ...request, path: maskQuery(request.path), headers: Object.fromEntries(headers) };
}

/** `Bearer sk-demo-team-a-1234` → `Bearer sk-d…`: enough to tell keys apart, useless to a thief. */
export function mask(value: string): string {
  const space = value.indexOf(" ") + 1;
  return `${value.slice(0, space)}${value.slice(space, space + 4)}…`;
}

function maskQuery(path: string): string {
  const start = path.indexOf("?");
  return start < 0 ? path : `${path.slice(0, start)}?…`;
}
