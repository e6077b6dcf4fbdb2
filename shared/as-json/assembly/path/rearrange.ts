import { Builder, BytesTable, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { NO_VALUE, typeAt } from "../type";
import { JsonValue, findEnd, readJson } from "../value";
import { Collection, appendMember } from "./step";

/** `@flatten`: the elements of inner arrays put in their place, one level or all. */
export function flatten(array: JsonValue, isDeep: bool): JsonValue | null {
  if (!array.isArray) return array;
  const found = new Collection();
  const limit = array.limit;
  let depth = 1; // arrays open around `at`
  let at = array.at + 1;
  while (at < limit && depth > 0) {
    const byte = load<u8>(at);
    if (byte == Char.CloseSquare) {
      depth--;
      at++;
    } else if (byte == Char.OpenSquare && (isDeep || depth == 1)) {
      depth++;
      at++;
    } else {
      const type = typeAt(at, limit);
      if (type == NO_VALUE) {
        at++;
        continue;
      }
      const end = findEnd(type, at, limit);
      found.addRaw(new Slice(at, <i32>(end - at), array.owner));
      at = end;
    }
  }
  return found.toValue();
}

/** `@join`: the members of an array's objects as one object; later values win unless all are kept. */
export function join(array: JsonValue, keepsAll: bool): JsonValue | null {
  if (!array.isArray) return array;
  const members = new Array<Member>();
  const known = new BytesTable<Member>();
  const elements = array.entries();
  while (elements.next()) {
    if (!elements.value.isObject) continue;
    const cursor = elements.value.entries();
    while (cursor.next()) {
      const key = cursor.key;
      const earlier = known.find(key); // stays empty when all are kept
      if (earlier !== null) {
        earlier.value = cursor.value;
        continue;
      }
      const member = new Member(cursor.rawKey, cursor.value);
      members.push(member);
      if (!keepsAll) known.set(key, member);
    }
  }
  const out = new Builder(128).appendByte(<u8>Char.OpenCurly);
  for (let i = 0; i < members.length; i++) {
    if (i > 0) out.appendByte(<u8>Char.Comma);
    appendMember(out, members[i].rawKey, members[i].value);
  }
  return readJson(out.appendByte(<u8>Char.CloseCurly).view());
}


@final
class Member {
  constructor(
    readonly rawKey: Slice,
    public value: JsonValue,
  ) {}
}

/** `@keys`: the keys of an object; one `null` per element of an array, one for a scalar. */
export function keys(value: JsonValue): JsonValue | null {
  const found = new Collection();
  const cursor = value.entries();
  const nothing = bytes("null");
  if (!value.isObject && !value.isArray) found.addRaw(nothing);
  while (cursor.next()) {
    if (!value.isObject) found.addRaw(nothing);
    else found.addRaw(quoted(cursor.rawKey));
  }
  return found.toValue();
}

/** A key with the quotes that stand around it in the document. */
function quoted(rawKey: Slice): Slice {
  return new Slice(rawKey.ptr - 1, rawKey.length + 2, rawKey.owner);
}

/** `@values`: the values of an object; an array as it is; a scalar as the only element. */
export function values(value: JsonValue): JsonValue | null {
  if (value.isArray) return value;
  const found = new Collection();
  if (!value.isObject) found.add(value);
  const cursor = value.entries();
  while (cursor.next()) found.add(cursor.value);
  return found.toValue();
}

/** `@group`: an object of arrays as an array of objects. */
export function group(object: JsonValue): JsonValue | null {
  if (!object.isObject) return null;
  const rows = new Array<Builder>();
  const columns = object.entries();
  while (columns.next()) {
    if (!columns.value.isArray) continue;
    const cursor = columns.value.entries();
    for (let row = 0; cursor.next(); row++) {
      if (row == rows.length) rows.push(new Builder(64).appendByte(<u8>Char.OpenCurly));
      if (rows[row].length > 1) rows[row].appendByte(<u8>Char.Comma);
      appendMember(rows[row], columns.rawKey, cursor.value);
    }
  }
  const found = new Collection();
  for (let i = 0; i < rows.length; i++)
    found.addRaw(rows[i].appendByte(<u8>Char.CloseCurly).view());
  return found.toValue();
}
