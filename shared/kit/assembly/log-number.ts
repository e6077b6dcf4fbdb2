import { escape } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, setProperty, Status } from "proxy-wasm-as";

/** The property that AI plugins share (host.md 5.2). */
const AI_LOG: Slice = bytes("ai_log");
const END_OF_NAME: Slice = bytes('\\":');
const OPEN: i32 = 0x7b;
const CLOSE: i32 = 0x7d;
const BACKSLASH: i32 = 0x5c;
const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;

/**
 * Adds one number to the object in `ai_log`, at its place among the sorted keys (host.md 5.2); an
 * equal key gives way to it:
 *
 *   {\"model\":\"m\"}   ──►   {\"model\":\"m\",\"quota_remaining\":5}
 *
 * The property holds JSON with its quotes escaped. It is only searched for where its members end,
 * which saves a plugin the 4 KiB of parsing it. What is no object is left alone.
 *
 * @param key a name that needs no escaping
 * @returns true when the property was set
 */
export function addToLog(key: Slice, value: i64): bool {
  return put(key, new Builder(24).appendInteger(value).view());
}

/** The same with JSON as value. @param json in one line */
export function addJsonToLog(key: Slice, json: Slice): bool {
  return put(key, escape(json));
}

function put(key: Slice, value: Slice): bool {
  const found = getProperty(AI_LOG);
  const out = new Builder(128);
  if (found === null || found.isEmpty) {
    appendMember(out.appendByte(<u8>OPEN), key, value).appendByte(<u8>CLOSE);
  } else if (!insert(out, found, key, value)) {
    return false;
  }
  return setProperty(AI_LOG, out.view()) == Status.Ok;
}

/** Writes `log` with the member. False: it is no object. */
function insert(out: Builder, log: Slice, key: Slice, value: Slice): bool {
  const last = log.length - 1;
  if (last < 1 || log.at(0) != OPEN || log.at(last) != CLOSE) return false;
  for (let at = 1; at < last;) {
    const end = endOfMember(log, at, last);
    const order = nameOf(log, at, end).compare(key);
    if (order >= 0) {
      appendMember(out.append(log.sub(0, at)), key, value);
      if (order > 0) out.appendByte(<u8>COMMA).append(log.sub(at));
      else out.append(log.sub(end));
      return true;
    }
    at = end + 1;
  }
  out.append(log.sub(0, last));
  if (last > 1) out.appendByte(<u8>COMMA);
  appendMember(out, key, value).appendByte(<u8>CLOSE);
  return true;
}

function appendMember(out: Builder, key: Slice, value: Slice): Builder {
  return out.appendText('\\"').append(key).append(END_OF_NAME).append(value);
}

/** The name of the member in `[start, end)`, between its escaped quotes; none: no bytes. */
function nameOf(log: Slice, start: i32, end: i32): Slice {
  const member = log.sub(start, end);
  const close = member.find(END_OF_NAME, 2);
  return close < 0 ? NO_BYTES : member.sub(2, close);
}

/** Where the comma behind the member at `at` stands, or the bracket at `last`. */
function endOfMember(log: Slice, at: i32, last: i32): i32 {
  let depth = 0;
  let isText = false;
  while (at < last) {
    let byte = log.at(at++);
    if (byte == BACKSLASH) byte = log.at(at++);
    if (byte == QUOTE) isText = !isText;
    // A backslash of the JSON itself: what it escapes has up to two bytes.
    else if (byte == BACKSLASH) at += log.at(at) == BACKSLASH ? 2 : 1;
    else if (isText) continue;
    else if (byte == COMMA && depth == 0) return at - 1;
    else if ((byte | 0x20) == OPEN) depth++;
    else if ((byte | 0x20) == CLOSE) depth--;
  }
  return last;
}
