import type { Answer, HeaderPair, Pieces, RequestStep } from "./scenario.js";

/** Words of an info string after the two that say what the block is. */
export interface Attributes {
  flags: Set<string>;
  values: Map<string, string>;
  /** Words that are neither a known flag nor `key=value`. */
  names: string[];
}

const FLAGS = new Set(
  "h1 h2 trailers chunked abort escaped sse reset cut silent never refused empty no-stop no-host".split(
    " ",
  ),
);

/** Splits the words of an info string into flags, `key=value` and names. */
export function readAttributes(words: readonly string[]): Attributes {
  const result: Attributes = { flags: new Set(), values: new Map(), names: [] };
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) result.values.set(word.slice(0, equals), word.slice(equals + 1));
    else if (FLAGS.has(word)) result.flags.add(word);
    else result.names.push(word);
  }
  return result;
}

/** Milliseconds of `250ms`, `2s`, `1m`, `1h`; a bare number is ms. */
export function readDuration(text: string | undefined): number {
  if (!text) return 0;
  const match = /^(\d+)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new Error(`not a duration: ${text}`);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "ms"] ?? 1;
  return Number(match[1]) * unit;
}

interface Message {
  start: string;
  headers: HeaderPair[];
  body: Pieces;
  trailers: HeaderPair[];
}

/** Reads a request block: request line, headers, blank line, body. */
export function readRequest(text: string, words: readonly string[]): RequestStep {
  const attributes = readAttributes(words);
  const message = readMessage(text, attributes);
  const [method = "GET", path = "/"] = message.start.split(/\s+/);
  return {
    method,
    path,
    headers: message.headers,
    body: message.body,
    trailers: message.trailers,
    protocol: attributes.flags.has("h2") ? "h2" : "h1",
    chunked: attributes.flags.has("chunked") || message.trailers.length > 0,
    abort: attributes.flags.has("abort"),
    ...(attributes.flags.has("no-host") ? { hostless: true } : {}),
    afterMs: readDuration(attributes.values.get("after")),
  };
}

/** Reads an upstream block: status line (`HTTP/1.1 200 OK` or `200`), headers, body. */
export function readAnswer(text: string, words: readonly string[]): Answer {
  const attributes = readAttributes(words);
  const { flags } = attributes;
  const message = readMessage(text, attributes);
  const status = Number(message.start.replace(/^HTTP\/\S+\s+/, "").split(/\s/)[0] || "200");
  if (!Number.isInteger(status)) throw new Error(`not a status line: ${message.start}`);
  if (flags.has("sse") && !message.headers.some(([name]) => name === "content-type")) {
    message.headers.push(["content-type", "text/event-stream"]);
  }
  const kind = (["reset", "cut", "silent", "never", "refused", "empty"] as const).find((k) =>
    flags.has(k),
  );
  return {
    cluster: attributes.names[0] ?? "",
    kind: kind ?? "answer",
    status,
    headers: message.headers,
    body: message.body,
    trailers: message.trailers,
    chunked: flags.has("chunked") || flags.has("sse") || message.trailers.length > 0,
    afterMs: readDuration(attributes.values.get("after")),
  };
}

function readMessage(text: string, attributes: Attributes): Message {
  const { flags, values } = attributes;
  const blank = text.search(/\n\n/);
  const head = (blank < 0 ? text : text.slice(0, blank)).split("\n");
  let body = blank < 0 ? null : text.slice(blank + 2);
  let trailers: HeaderPair[] = [];
  if (body !== null && flags.has("trailers")) {
    const last = body.lastIndexOf("\n\n");
    if (last < 0) throw new Error("`trailers` needs a last paragraph with them");
    trailers = readHeaders(body.slice(last + 2).split("\n"), flags.has("escaped"));
    body = body.slice(0, last);
  }
  // An event ends with an empty line, which a fence cannot show at its end.
  if (body !== null && flags.has("sse")) body = `${body.trimEnd()}\n\n`;
  const times = Number(values.get("times") ?? 1);
  const once = body === null ? null : readBytes(body, flags.has("escaped"));
  const bytes = once && (times === 1 ? once : Buffer.concat(Array<Uint8Array>(times).fill(once)));
  return {
    start: head[0] ?? "",
    headers: readHeaders(head.slice(1), flags.has("escaped")),
    body: bytes && cut(bytes, values.get("chunks")),
    trailers,
  };
}

function readHeaders(lines: string[], escaped: boolean): HeaderPair[] {
  return lines.filter(Boolean).map((line): HeaderPair => {
    const colon = line.indexOf(":", 1);
    if (colon < 0) throw new Error(`not a header: ${line}`);
    const value = line.slice(colon + 1).trim();
    const text = escaped ? Buffer.from(readBytes(value, true)).toString("latin1") : value;
    return [line.slice(0, colon), text];
  });
}

/** UTF-8 bytes of a text; with `escaped`, `\xNN`, `\n`, `\r`, `\t`, `\0` and `\\` stand for bytes. */
export function readBytes(text: string, escaped: boolean): Uint8Array {
  if (!escaped) return Buffer.from(text);
  const named: Record<string, number> = { n: 10, r: 13, t: 9, "0": 0, "\\": 92 };
  const parts = text.split(/(\\x[0-9a-fA-F]{2}|\\[nrt0\\])/);
  return Buffer.concat(
    parts.map((part, i) => {
      if (i % 2 === 0) return Buffer.from(part);
      return Buffer.from([named[part.slice(1)] ?? parseInt(part.slice(2), 16)]);
    }),
  );
}

/** Cuts bytes as `chunks=` says: `each` = every byte alone, `3,5` = 3 bytes, 5 bytes, the rest. */
export function cut(bytes: Uint8Array, how: string | undefined): Uint8Array[] {
  if (how === undefined) return bytes.length ? [bytes] : [];
  if (how === "each") return Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of how.split(",").map(Number)) {
    if (!Number.isInteger(size)) throw new Error(`chunks=${how} is neither sizes nor "each"`);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at));
  return pieces;
}
