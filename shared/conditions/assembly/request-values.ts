import { bytes, decodePercent, Slice } from "@ai-gateway-wasm/bytes";
import { findCookie, QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { ValueType } from "./value-type";

const COOKIE: Slice = bytes("cookie");
const PATH: Slice = bytes(":path");
const QUESTION: u8 = 0x3f;

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

  /** The first one of this name. Of a path that Go's net/url refuses nothing is read. */
  parameter(name: Slice): Slice | null {
    const path = requestHeaders.get(PATH);
    if (path === null) return null;
    const question = path.indexOf(QUESTION);
    if (question < 0 || decodePercent(path.sub(0, question), false) === null) return null;
    const query = new QueryReader(path, QuerySyntax.Go);
    while (query.next()) {
      if (query.name.equals(name)) return query.value;
    }
    return null;
  }
}
