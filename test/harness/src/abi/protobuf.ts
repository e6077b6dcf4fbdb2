/** A reader and a writer for the few protobuf messages foreign functions use. */

export type Fields = Map<number, (bigint | Uint8Array)[]>;

/** Fields by number, or null if the bytes are not a message. */
export function decodeMessage(bytes: Uint8Array): Fields | null {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === null || key >> 3n === 0n) return null;
    const wire = Number(key & 7n);
    let value: bigint | Uint8Array | null;
    if (wire === 0) value = varint();
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8n : wire === 5 ? 4n : null;
      if (length === null || at + Number(length) > bytes.length) return null;
      value = bytes.slice(at, at + Number(length));
      at += Number(length);
    }
    if (value === null) return null;
    const field = Number(key >> 3n);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

export function bytesField(fields: Fields, field: number): Uint8Array | undefined {
  const value = fields.get(field)?.at(-1);
  return value instanceof Uint8Array ? value : undefined;
}

export function intField(fields: Fields, field: number): number {
  const value = fields.get(field)?.at(-1);
  return typeof value === "bigint" ? Number(value) : 0;
}

/** Message of varint (number, bool) and length-delimited (bytes) fields; zero values are left out. */
export function encodeMessage(fields: [number, number | boolean | Uint8Array][]): Uint8Array {
  const out: number[] = [];
  const varint = (value: number): void => {
    for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80);
    out.push(value);
  };
  for (const [field, value] of fields) {
    if (value instanceof Uint8Array) {
      if (value.length === 0) continue;
      varint(field * 8 + 2);
      varint(value.length);
      for (const byte of value) out.push(byte);
    } else if (Number(value) !== 0) {
      varint(field * 8);
      varint(Number(value));
    }
  }
  return Uint8Array.from(out);
}
