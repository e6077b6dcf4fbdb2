import { RespError, type RespValue } from "proxy-wasm-test";

/** How a server in front of Redis speaks HTTP: Upstash's REST interface, Webdis 0.1.9. */
export type RestDialect = "upstash" | "webdis";

/** What such a server answers. */
export interface RestAnswer {
  status: number;
  /** JSON, or the bytes of another type. */
  body: unknown;
}

/** The command that a body asks for. */
export function wordsOf(dialect: RestDialect, body: string): Buffer[] {
  if (dialect === "webdis") return body.split("/").map(percentDecoded);
  return (JSON.parse(body) as unknown[]).map((word) => Buffer.from(String(word)));
}

/** What becomes of Redis' answer. @param command as it was sent */
export function answerOf(dialect: RestDialect, command: string, value: RespValue): RestAnswer {
  return dialect === "upstash" ? upstash(value) : webdis(command, value);
}

function percentDecoded(word: string): Buffer {
  const encoded = Buffer.from(word);
  const decoded = Buffer.alloc(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    const byte = encoded[at] ?? 0;
    const isEscape = byte === 0x25;
    decoded[length++] = isEscape
      ? parseInt(encoded.toString("latin1", at + 1, at + 3), 16)
      : byte === 0x2b
        ? 0x20
        : byte;
    if (isEscape) at += 2;
  }
  return decoded.subarray(0, length);
}

function upstash(value: RespValue): RestAnswer {
  if (value instanceof RespError) return { status: 400, body: { error: value.message } };
  return { status: 200, body: { result: plain(value) } };
}

/** Errors are no failures of the server, statuses are no texts; 0.1.9 loses lists inside a list. */
function webdis(command: string, value: RespValue): RestAnswer {
  const body =
    value instanceof RespError
      ? [false, value.message]
      : typeof value === "string"
        ? [true, value]
        : Array.isArray(value)
          ? value.map((item) => (Array.isArray(item) ? null : plain(item)))
          : plain(value);
  return { status: 200, body: { [command]: body } };
}

function plain(value: RespValue): unknown {
  if (value instanceof RespError) return value.message;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(plain) : value;
}
