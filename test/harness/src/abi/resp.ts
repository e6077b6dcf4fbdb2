import { fromBytes, toText, utf8 } from "./text.js";

/** A RESP2 value; a bulk string is bytes. */
export type RespValue = string | number | null | Uint8Array | RespError | RespValue[];

export class RespError {
  constructor(readonly message: string) {}
}

const CR = 13;

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let i = from; i + 1 < bytes.length; i++) {
    if (bytes[i] === CR && bytes[i + 1] === 10) return i;
  }
  return -1;
}

/** Parses one RESP2 value at `from`; null while bytes are missing. Throws on nonsense. */
export function parseResp(bytes: Uint8Array, from = 0): { value: RespValue; end: number } | null {
  const eol = lineEnd(bytes, from);
  if (eol < 0) return null;
  const type = String.fromCharCode(bytes[from]!);
  const line = utf8(bytes.subarray(from + 1, eol));
  const end = eol + 2;
  if (type === "+") return { value: line, end };
  if (type === "-") return { value: new RespError(line), end };
  const count = Number(line);
  if (!Number.isInteger(count)) throw new SyntaxError(`not RESP: ${type}${line}`);
  if (type === ":") return { value: count, end };
  if (count < 0 && (type === "$" || type === "*")) return { value: null, end };
  if (type === "$") {
    if (bytes.length < end + count + 2) return null;
    return { value: bytes.slice(end, end + count), end: end + count + 2 };
  }
  if (type !== "*") throw new SyntaxError(`not RESP: ${type}${line}`);
  const list: RespValue[] = [];
  let at = end;
  for (let i = 0; i < count; i++) {
    const item = parseResp(bytes, at);
    if (!item) return null;
    list.push(item.value);
    at = item.end;
  }
  return { value: list, end: at };
}

/** Words of a command (array of bulk strings) as binary text, one char per byte, or null. */
export function binaryWords(bytes: Uint8Array): string[] | null {
  try {
    const parsed = parseResp(bytes);
    if (!parsed || !Array.isArray(parsed.value)) return null;
    return parsed.value.map((item) =>
      item instanceof Uint8Array ? fromBytes(item) : String(item),
    );
  } catch {
    return null;
  }
}

/** Words of a command as a test writes them: UTF-8 where valid, else unchanged. Null as above. */
export function decodeWords(bytes: Uint8Array): string[] | null {
  return binaryWords(bytes)?.map(toText) ?? null;
}

/** Value to RESP2 bytes; a string becomes a bulk string, `new RespError` an error. */
export function encodeResp(value: RespValue | undefined | boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const put = (text: string) => parts.push(encoder.encode(text));
  const add = (item: RespValue | undefined | boolean): void => {
    if (item === null || item === undefined || item === false) put("$-1\r\n");
    else if (item === true) put(":1\r\n");
    else if (item instanceof RespError) put(`-${item.message}\r\n`);
    else if (typeof item === "number") put(`:${Math.trunc(item)}\r\n`);
    else if (Array.isArray(item)) {
      put(`*${item.length}\r\n`);
      item.forEach(add);
    } else {
      const bytes = typeof item === "string" ? encoder.encode(item) : item;
      put(`$${bytes.length}\r\n`);
      parts.push(bytes);
      put("\r\n");
    }
  };
  add(value);
  return Buffer.concat(parts);
}
