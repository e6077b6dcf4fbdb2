import { Slice } from "@ai-gateway-wasm/bytes";
import { HeaderMapType, Status } from "../abi/enums";
import {
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_get_header_map_size,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_header_map_pairs,
} from "../abi/imports";
import { runningCallback } from "../dispatch/callback";
import { clearOut, OUT_NUMBER, OUT_PTR, OUT_SIZE, takeBytes, takeNumber } from "../memory/out";
import { isHeaderName, isHeaderValue } from "../memory/header-value";
import { COMMA, Pairs, PairsBuilder } from "../memory/pairs";

/**
 * The headers or trailers of one direction, of the stream the running callback belongs to.
 * A map can be reached from its own callback until that callback answers Continue; outside, reads
 * answer null and edits BadArgument (harness.md 5.2).
 *
 * Names are lower case. Values that would break the wire (CR, LF, NUL) are refused here, because
 * Envoy writes them to an HTTP/1.1 client as they are (harness.md 6.14).
 */
@final
export class HeaderMap {
  /** All headers, while `loadedIn` is the running callback and nothing was edited. */
  private loaded: Pairs | null = null;
  private loadedIn: u32 = 0;

  constructor(private readonly type: HeaderMapType) {}

  /**
   * Reads all headers in one host call, so that `get`, and `remove` of what is not there, need none
   * until the first edit; once in a callback, however often it is called. Worth it from two reads on:
   * in Envoy all headers cost as much as one (1.0 against 0.9 µs, test/bench/README.md), because each
   * answer makes the host come back for memory.
   */
  load(): void {
    if (this.snapshot() !== null) return;
    this.loaded = this.pairs();
    this.loadedIn = runningCallback();
  }

  /** The first value of `name`, in the callback arena; null: absent, or the map is out of reach. */
  get(name: Slice): Slice | null {
    const loaded = this.snapshot();
    if (loaded !== null) return loaded.find(name);
    clearOut();
    const status = proxy_get_header_map_value(this.type, name.ptr, name.length, OUT_PTR, OUT_SIZE);
    return status == Status.Ok ? takeBytes() : null;
  }

  /** All values of `name` as one (`Pairs.joined`), whether the headers are loaded or not. */
  joined(name: Slice, separator: u8 = COMMA): Slice | null {
    const loaded = this.snapshot();
    return (loaded === null ? this.pairs() : loaded).joined(name, separator);
  }

  /** Whether `name` has several values. */
  isRepeated(name: Slice): bool {
    const loaded = this.snapshot();
    return (loaded === null ? this.pairs() : loaded).find(name, 1) !== null;
  }

  /** All pairs in order, repeated names included. Empty when the map is out of reach. */
  pairs(): Pairs {
    clearOut();
    proxy_get_header_map_pairs(this.type, OUT_PTR, OUT_SIZE);
    return new Pairs(takeBytes());
  }

  /** Bytes of all names and values together, without fetching them; 0 when out of reach. */
  byteSize(): i32 {
    clearOut();
    proxy_get_header_map_size(this.type, OUT_NUMBER);
    return <i32>takeNumber();
  }

  /** Removes all values of `name` and sets one. */
  set(name: Slice, value: Slice): Status {
    if (!isHeaderName(name) || !isHeaderValue(value)) return Status.BadArgument;
    this.loaded = null;
    return proxy_replace_header_map_value(
      this.type,
      name.ptr,
      name.length,
      value.ptr,
      value.length,
    );
  }

  /** Appends one more value of `name`. */
  add(name: Slice, value: Slice): Status {
    if (!isHeaderName(name) || !isHeaderValue(value)) return Status.BadArgument;
    this.loaded = null;
    return proxy_add_header_map_value(this.type, name.ptr, name.length, value.ptr, value.length);
  }

  /** Removes all values of `name`; Ok when there was none. */
  remove(name: Slice): Status {
    const loaded = this.snapshot();
    if (loaded !== null && loaded.count > 0 && loaded.find(name) === null) return Status.Ok;
    this.loaded = null;
    return proxy_remove_header_map_value(this.type, name.ptr, name.length);
  }

  /**
   * Replaces the whole map. What is too much for hosts (1024 pairs, 1 MiB) would empty it, so it is
   * refused.
   */
  replaceAll(pairs: PairsBuilder): Status {
    if (!pairs.isComplete) return Status.BadArgument;
    const block = pairs.build();
    this.loaded = null;
    return proxy_set_header_map_pairs(this.type, block.ptr, block.length);
  }

  private snapshot(): Pairs | null {
    return this.loadedIn == runningCallback() ? this.loaded : null;
  }
}

export const requestHeaders: HeaderMap = new HeaderMap(HeaderMapType.RequestHeaders);
export const requestTrailers: HeaderMap = new HeaderMap(HeaderMapType.RequestTrailers);
export const responseHeaders: HeaderMap = new HeaderMap(HeaderMapType.ResponseHeaders);
export const responseTrailers: HeaderMap = new HeaderMap(HeaderMapType.ResponseTrailers);
