import { bytes, equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PairsBuilder } from "proxy-wasm-as";

const METHOD: Slice = bytes(":method");
const PATH: Slice = bytes(":path");
const AUTHORITY: Slice = bytes(":authority");

/**
 * One request of ours to a cluster. It can be sent several times; what it holds must then be kept,
 * because slices of the host end with their callback.
 */
@final
export class HttpRequest {
  body: Slice = NO_BYTES;
  private readonly pairs: PairsBuilder = new PairsBuilder();

  constructor(
    readonly method: Slice,
    /** A URL, or a path with query: then the cluster's host name is the authority. */
    readonly url: Slice,
  ) {}

  /**
   * Adds a header, repeated names included. `:method`, `:path` and `:authority` are dropped, the
   * client adds its own (host.md 5.7). What cannot be a header spoils the request: sending it
   * answers BadArgument.
   */
  header(name: Slice, value: Slice): HttpRequest {
    if (!isPseudo(name)) this.pairs.add(name, value);
    return this;
  }

  /** The serialised headers with the three of the client's at the end; null when one is unfit. */
  complete(path: Slice, authority: Slice): Slice | null {
    const all = this.pairs.copy();
    all.add(METHOD, this.method).add(PATH, path).add(AUTHORITY, authority);
    return all.isComplete ? all.build() : null;
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
