import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";

/**
 * 32-bit floats, little endian, as a JSON array of the same numbers; null: there are none, the last
 * is cut off, or one is no number.
 */
export function floatsToJson(data: Slice): Slice | null {
  if (data.isEmpty || (data.length & 3) != 0) return null;
  const json = new JsonWriter().openArray();
  for (let at = 0; at < data.length; at += 4) {
    const bits = data.at(at) | (data.at(at + 1) << 8) | (data.at(at + 2) << 16);
    const value = reinterpret<f32>(bits | (data.at(at + 3) << 24));
    if (!isFinite(value)) return null;
    json.number(value);
  }
  return json.closeArray().toSlice();
}
