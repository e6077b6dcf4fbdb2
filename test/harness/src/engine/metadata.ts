import { encodePairs } from "../abi/pairs.js";
import { fromBytes, toBinary, toBytes } from "../abi/text.js";
import type { HeaderPair, Json } from "../types.js";
import { Status } from "../abi/enums.js";

/** `filter_metadata` of a route, an endpoint and the like. */
export type FilterMetadata = Readonly<Record<string, Json>>;

/**
 * What lies below a metadata message, as properties are encoded (harness.md 5.5); undefined = nothing.
 *
 * @param path behind the name of the message; empty = the message itself, as protobuf bytes
 */
export function metadataProperty(
  all: FilterMetadata,
  path: readonly string[],
): Uint8Array | number | undefined {
  const [field, ...keys] = path;
  if (field === undefined) return mapField(all, structOf);
  if (field !== "filter_metadata") return undefined;
  let value: Json | undefined = all;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = value[key];
  }
  return value === undefined ? undefined : (serialized(value) ?? Status.SerializationFailure);
}

/** A value of a `google.protobuf.Struct`, lists as pairs without values; null cannot be one. */
function serialized(value: Json): Uint8Array | null {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return double(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (value === null) return null;
  const list = Array.isArray(value);
  const pairs: HeaderPair[] = [];
  for (const [name, item] of Object.entries(value)) {
    const bytes = serialized(item);
    if (!bytes) return null;
    pairs.push(list ? [fromBytes(bytes), ""] : [toBinary(name), fromBytes(bytes)]);
  }
  return encodePairs(pairs);
}

const text = (value: string): Uint8Array => toBytes(toBinary(value));

function double(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return out;
}

/** `map<string, …> = 1`: an entry {key 1, value 2} for each. */
function mapField(map: FilterMetadata, encode: (value: Json) => Uint8Array): Uint8Array {
  const entries = Object.entries(map).map(([key, value]) =>
    field(1, Uint8Array.of(...field(1, text(key)), ...field(2, encode(value)))),
  );
  return Uint8Array.from(entries.flatMap((entry) => [...entry]));
}

/** `google.protobuf.Struct`; what is no object is an empty one. */
function structOf(value: Json): Uint8Array {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return mapField(isObject ? value : {}, valueOf);
}

/** `google.protobuf.Value` {null 1, number 2, string 3, bool 4, struct 5, list 6}. */
function valueOf(value: Json): Uint8Array {
  if (value === null) return Uint8Array.of(1 << 3, 0);
  if (typeof value === "number") return Uint8Array.of((2 << 3) | 1, ...double(value));
  if (typeof value === "string") return field(3, text(value));
  if (typeof value === "boolean") return Uint8Array.of(4 << 3, value ? 1 : 0);
  if (!Array.isArray(value)) return field(5, structOf(value));
  return field(6, Uint8Array.from(value.flatMap((item) => [...field(1, valueOf(item))])));
}

/** Bytes of a length-delimited field. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Uint8Array.of((number << 3) | 2, ...length, rest, ...bytes);
}
