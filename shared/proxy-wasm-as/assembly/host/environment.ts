import { Slice } from "@ai-gateway-wasm/bytes";
import { environ_get, environ_sizes_get } from "../abi/imports";
import { OUT_NUMBER, OUT_PTR } from "../memory/out";

/**
 * The value of an environment variable of the VM (`vm_config.environment_variables`), in memory of
 * its own; null when it is not set. Reads the whole environment: for configuration only.
 */
export function environmentVariable(name: Slice): Slice | null {
  store<u64>(OUT_PTR, 0);
  if (environ_sizes_get(OUT_PTR, OUT_NUMBER) != 0) return null;
  const count = load<i32>(OUT_PTR);
  const size = load<i32>(OUT_NUMBER);
  if (count <= 0 || size <= 0) return null;
  const pointers = new StaticArray<u8>(count * 4);
  const text = new StaticArray<u8>(size);
  if (environ_get(changetype<usize>(pointers), changetype<usize>(text)) != 0) return null;
  // `text` is NAME=value NUL NAME=value NUL …
  let start = 0;
  for (let end = 0; end < size; end++) {
    if (text[end] != 0) continue;
    const entry = Slice.of(text).sub(start, end);
    const equals = entry.indexOf(0x3d);
    if (equals >= 0 && entry.sub(0, equals).equals(name)) return entry.sub(equals + 1);
    start = end + 1;
  }
  return null;
}
