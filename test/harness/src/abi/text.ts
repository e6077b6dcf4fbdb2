/**
 * Header text inside the harness is "binary": one char per byte, so no byte is ever lost.
 * Tests write and read UTF-8; these functions are the border.
 */

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const hasBuffer = typeof Buffer !== "undefined";

/** Bytes to binary text, one char per byte. */
export function fromBytes(bytes: Uint8Array): string {
  if (hasBuffer)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  let out = "";
  for (let i = 0; i < bytes.length; i++) out += String.fromCharCode(bytes[i]!);
  return out;
}

/** Binary text to bytes. */
export function toBytes(binary: string): Uint8Array {
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** A test's text (UTF-8) to binary text. */
export function toBinary(text: string | Uint8Array): string {
  if (typeof text !== "string") return fromBytes(text);
  return isAscii(text) ? text : fromBytes(encoder.encode(text));
}

/** Binary text to a test's text: UTF-8 where valid, else unchanged. */
export function toText(binary: string): string {
  if (isAscii(binary)) return binary;
  try {
    return strict.decode(toBytes(binary));
  } catch {
    return binary;
  }
}

/** Bytes a test gave, as bytes. */
export function asBytes(input: string | Uint8Array): Uint8Array {
  return typeof input === "string" ? encoder.encode(input) : input;
}

/** UTF-8 text of bytes; invalid sequences become U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}
