import { lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { isHeaderName } from "proxy-wasm-as";

const COLON: i32 = 0x3a;

/** Reads the name of a header that this plugin may write, in lower case; empty: none. */
export function readHeader(config: ConfigReader, field: string, fallback: Slice = NO_BYTES): Slice {
  const name = lowerCase(config.text(field, fallback)).kept();
  if (!name.isEmpty && (!isHeaderName(name) || name.at(0) == COLON)) {
    config.refuse(field, "is not a header name");
  }
  return name;
}
