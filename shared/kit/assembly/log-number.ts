import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, setProperty, Status } from "proxy-wasm-as";

/** The property that AI plugins share (host.md 5.2). */
const AI_LOG: Slice = bytes("ai_log");
const OPEN: i32 = 0x7b;
const CLOSE: i32 = 0x7d;

/**
 * Adds one number to the object in `ai_log`, before its last bracket:
 *
 *   {\"model\":\"m\"}   ──►   {\"model\":\"m\",\"quota_remaining\":5}
 *
 * The property holds JSON with its quotes escaped; it is not parsed, which saves a plugin 4 KiB. What
 * is no object is left alone.
 *
 * @param key a name that needs no escaping
 * @returns true when the property was set
 */
export function addToLog(key: Slice, value: i64): bool {
  const found = getProperty(AI_LOG);
  const isEmpty = found === null || found.isEmpty;
  const out = new Builder(128);
  if (found === null || isEmpty) {
    out.appendByte(<u8>OPEN);
  } else {
    const last = found.length - 1;
    if (found.at(0) != OPEN || last == 0 || found.at(last) != CLOSE) return false;
    out.append(found.sub(0, last));
    if (last > 1) out.appendByte(0x2c);
  }
  out.appendText('\\"').append(key).appendText('\\":').appendInteger(value);
  return setProperty(AI_LOG, out.appendByte(<u8>CLOSE).view()) == Status.Ok;
}
