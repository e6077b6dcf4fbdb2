import { bytes, decodePercent, Slice } from "@ai-gateway-wasm/bytes";
import { findCookie, hostOfAuthority, QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { ValueType } from "./value-type";

const COOKIE: Slice = bytes("cookie");
const PATH: Slice = bytes(":path");
const QUESTION: u8 = 0x3f;
const SLASH: u8 = 0x2f;

/** The values of the running request. `load` its headers before, when there are several. */
export class RequestValues {
  /** A value in the callback arena; null: the request has none. Override it for further types. */
  find(type: ValueType, key: Slice): Slice | null {
    switch (type) {
      case ValueType.Header:
        return requestHeaders.get(key);
      case ValueType.Parameter:
        return this.parameter(key);
      case ValueType.Cookie:
        return this.cookie(key);
      default:
        return null;
    }
  }

  cookie(name: Slice): Slice | null {
    const header = requestHeaders.get(COOKIE);
    return header === null ? null : findCookie(header, name);
  }

  /**
   * The first one of this name. Of a path that Go's net/url refuses for an escape, or for the host
   * that it begins with, nothing is read.
   */
  parameter(name: Slice): Slice | null {
    const path = requestHeaders.get(PATH);
    if (path === null) return null;
    const question = path.indexOf(QUESTION);
    if (question < 0 || !isReadByGo(path.sub(0, question))) return null;
    const query = new QueryReader(path, QuerySyntax.Go);
    while (query.next()) {
      if (query.name.equals(name)) return query.value;
    }
    return null;
  }
}

/** `//a:b/c` begins with a host, and this one has a port that is none; `///a` begins with none. */
function isReadByGo(path: Slice): bool {
  if (decodePercent(path, false) === null) return false;
  if (path.at(0) != SLASH || path.at(1) != SLASH || path.at(2) == SLASH) return true;
  const end = path.indexOf(SLASH, 2);
  return hostOfAuthority(end < 0 ? path.sub(2) : path.sub(2, end)) !== null;
}
