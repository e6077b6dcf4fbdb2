import { Builder, bytes, BytesTable, Slice, decodePercent } from "@ai-gateway-wasm/bytes";
export function t(): i32 {
  const b = new Builder();
  b.appendInteger(-123).appendText("é").append(bytes("x"));
  const t = new BytesTable<Slice>();
  t.set(b.toSlice(), bytes("q"));
  const d = decodePercent(bytes("%41"));
  return b.length + t.size + (d ? d.at(0) : 0);
}
