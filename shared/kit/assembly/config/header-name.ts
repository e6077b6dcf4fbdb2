import { lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isHeaderName, isHeaderValue } from "proxy-wasm-as";
import { PluginLog } from "../log";
import { ConfigReader } from "./reader";

const COLON: i32 = 0x3a;

/** Reads the name of a header, in lower case; empty: none. Pseudo-headers are refused. */
export function readHeaderName(
  config: ConfigReader,
  field: string,
  fallback: Slice = NO_BYTES,
): Slice {
  const name = lowerCase(config.text(field, fallback)).kept();
  if (!name.isEmpty && (!isHeaderName(name) || name.at(0) == COLON)) {
    config.refuse(field, "is not a header name");
  }
  return name;
}

/** Reads the name of a header that there must be, in lower case. */
export function requireHeaderName(config: ConfigReader, field: string, fallback: Slice): Slice {
  const name = readHeaderName(config, field, fallback);
  if (name.isEmpty) config.refuse(field, "is not a header name");
  return name;
}

/** Refuses what cannot be a header's value. */
export function requireHeaderValue(config: ConfigReader, field: string, value: Slice): void {
  if (!isHeaderValue(value)) config.refuse(field, "must not contain line breaks or NUL");
}

/**
 * `readHeaderName` for a field of a plugin of Higress, which takes every text and fails to set what
 * is no name: that is ignored with a warning.
 */
export function readPeerHeader(config: ConfigReader, field: string, log: PluginLog): Slice {
  const attempt = config.attempt();
  const name = readHeaderName(attempt, field);
  if (!attempt.errors.any) return name;
  log.warn(attempt.errors.message + ": ignored");
  return NO_BYTES;
}
