import { lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isHeaderName } from "proxy-wasm-as";
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
