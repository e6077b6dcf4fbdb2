import { lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { AUTHORIZATION, ORIGINAL_AUTH, PATH, PROXY_AUTHORIZATION } from "./names";

/** From which headers `<scheme> <key>` is read as `<key>`; the order of `strip_bearer`. */
export const enum SchemeStripping {
  /** From those that carry a scheme by definition. */
  Auto,
  Always,
  Never,
}

/** A place where a key may stand: a name, looked for in the headers, the query, or first one then the other. */
@final
export class Source {
  /** The name as header, lower case. */
  readonly header: Slice;
  /** An authentication scheme may stand before the key. */
  readonly mayHaveScheme: bool;

  constructor(
    readonly name: Slice,
    readonly inHeader: bool,
    readonly inQuery: bool,
    stripping: SchemeStripping,
  ) {
    this.header = lowerCase(name).kept();
    this.mayHaveScheme =
      inHeader &&
      (stripping == SchemeStripping.Always ||
        (stripping == SchemeStripping.Auto && carriesScheme(this.header)));
  }

  equals(other: Source): bool {
    return (
      this.inHeader == other.inHeader &&
      this.inQuery == other.inQuery &&
      this.name.equals(other.name)
    );
  }

  /**
   * What stands there: the first header value unless it is empty, else the first parameter of the
   * query (profile cpp). Empty when there is nothing.
   */
  read(): Slice {
    const value = this.inHeader ? this.readHeader() : NO_BYTES;
    return value.isEmpty && this.inQuery ? this.readQuery() : value;
  }

  /** What `read` finds may have a scheme: it stands in a header, not in the query. */
  get showsScheme(): bool {
    return this.mayHaveScheme && !this.readHeader().isEmpty;
  }

  /** The first value of the header; empty when there is none. */
  readHeader(): Slice {
    if (this.header.isEmpty) return NO_BYTES;
    const value = requestHeaders.get(this.header);
    return value === null ? NO_BYTES : value;
  }

  /** The first parameter of that name; empty when there is none. */
  readQuery(): Slice {
    const path = requestHeaders.get(PATH);
    if (path === null) return NO_BYTES;
    const query = new QueryReader(path, QuerySyntax.Envoy);
    return query.find(this.name) ? query.value : NO_BYTES;
  }
}

function carriesScheme(header: Slice): bool {
  return (
    header.equals(AUTHORIZATION) ||
    header.equals(PROXY_AUTHORIZATION) ||
    header.equals(ORIGINAL_AUTH)
  );
}
