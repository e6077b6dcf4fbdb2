import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_get_property, proxy_set_property } from "../abi/imports";
import { clearOut, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";

/**
 * A host attribute, in the callback arena; null when the host does not know it. Numbers are 8
 * bytes little endian, see harness.md 5.5.
 *
 * @param path from `propertyPath`
 */
export function getProperty(path: Slice): Slice | null {
  clearOut();
  const status = proxy_get_property(path.ptr, path.length, OUT_PTR, OUT_SIZE);
  return status == Status.Ok ? takeBytes() : null;
}

/**
 * Stores filter state `wasm.<path>` of the running stream: readable by later filters and by the
 * access log. NotFound without a stream.
 */
export function setProperty(path: Slice, value: Slice): Status {
  return proxy_set_property(path.ptr, path.length, value.ptr, value.length);
}
