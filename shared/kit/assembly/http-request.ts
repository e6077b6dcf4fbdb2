import { bytes, equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isHeaderValue, PairsBuilder } from "proxy-wasm-as";

const METHOD: Slice = bytes(":method");
const PATH: Slice = bytes(":path");
const AUTHORITY: Slice = bytes(":authority");

/** One request of ours to a cluster. Sent once: the client completes its headers. */
@final
export class HttpRequest {
  body: Slice = NO_BYTES;
  private readonly pairs: PairsBuilder = new PairsBuilder();
  private broken: bool = false;

  constructor(
    readonly method: Slice,
    /** A URL, or a path with query: then the cluster's host name is the authority. */
    readonly url: Slice,
  ) {}

  /**
   * Adds a header, repeated names included. `:method`, `:path` and `:authority` are dropped, the
   * client adds its own (host.md 5.7). A name or value with CR, LF or NUL spoils the request:
   * sending it answers BadArgument.
   */
  header(name: Slice, value: Slice): HttpRequest {
    if (isPseudo(name)) return this;
    if (name.isEmpty || !isHeaderValue(name) || !isHeaderValue(value)) this.broken = true;
    this.pairs.add(name, value);
    return this;
  }

  /** The serialised headers with the three of the client's at the end; null when one is unfit. */
  complete(path: Slice, authority: Slice): Slice | null {
    if (this.broken || !isHeaderValue(authority)) return null;
    return this.pairs.add(METHOD, this.method).add(PATH, path).add(AUTHORITY, authority).build();
  }
}

function isPseudo(name: Slice): bool {
  // Hosts lower the case of names, so `:Path` would come back as a second `:path`.
  return (
    name.at(0) == 0x3a &&
    (equalsIgnoreCase(name, METHOD) ||
      equalsIgnoreCase(name, PATH) ||
      equalsIgnoreCase(name, AUTHORITY))
  );
}
