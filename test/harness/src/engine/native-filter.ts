import { ByteQueue } from "../abi/byte-queue.js";
import { DATA_ACTION_NAMES, HEADERS_ACTION_NAMES, TRAILERS_ACTION_NAMES } from "../abi/enums.js";
import type { HeaderList } from "../abi/header-list.js";
import { asBytes, toBinary, toText } from "../abi/text.js";
import type {
  BytesInput,
  Direction,
  NativeBody,
  NativeControl,
  NativeFilter,
  NativeHeaders,
} from "../types.js";
import type { Chain, StreamFilter } from "./chain.js";
import { headerPairs } from "./upstream-exchange.js";

function headersOf(list: HeaderList): NativeHeaders {
  return {
    get: (name) => {
      const value = list.get(name.toLowerCase());
      return value === undefined ? undefined : toText(value);
    },
    set: (name, value) => list.replace(name, toBinary(value)),
    add: (name, value) => list.add(name, toBinary(value)),
    remove: (name) => list.remove(name),
    pairs: () => list.pairs.map(([n, v]) => [toText(n), toText(v)]),
  };
}

function bodyOf(data: ByteQueue): NativeBody {
  return {
    bytes: () => data.bytes(),
    replace: (bytes) => {
      data.clear();
      data.push(asBytes(bytes));
    },
  };
}

const action = (names: readonly string[], name: string | void): number =>
  Math.max(0, names.indexOf(name ?? "Continue"));

/** A filter written in TypeScript, e.g. a stand-in for a buffer filter before the plugin. */
export class NativeStreamFilter implements StreamFilter {
  readonly name: string;
  readonly isRunning = false;
  private control: NativeControl;

  constructor(
    private chain: Chain,
    private filter: NativeFilter,
  ) {
    this.name = filter.name ?? "native";
    this.control = {
      reply: (status, init = {}) =>
        chain.localReply({
          status,
          body: asBytes(init.body ?? ""),
          headers: headerPairs(init.headers),
          grpcStatus: -1,
          details: init.details ?? "",
        }),
      continueRequest: () => chain.resume(this, "request"),
      continueResponse: () => chain.resume(this, "response"),
      setFilterState: (key, value) => chain.stream.filterState.set(`wasm.${key}`, asBytes(value)),
    };
  }

  /** The chunk; whoever replaces it is remembered (S01). */
  private body(data: ByteQueue, direction: Direction): NativeBody {
    const body = bodyOf(data);
    const replace = (bytes: BytesInput): void => {
      this.chain.editors[direction] = { plugin: this.name, callback: `${direction}Body` };
      body.replace(bytes);
    };
    return { bytes: () => body.bytes(), replace };
  }

  decodeHeaders(headers: HeaderList, end: boolean): number {
    const { native } = this.filter;
    return action(
      HEADERS_ACTION_NAMES,
      native.requestHeaders?.(headersOf(headers), end, this.control),
    );
  }
  decodeData(data: ByteQueue, end: boolean): number {
    return action(
      DATA_ACTION_NAMES,
      this.filter.native.requestBody?.(this.body(data, "request"), end, this.control),
    );
  }
  decodeTrailers(trailers: HeaderList): number {
    const { native } = this.filter;
    return action(
      TRAILERS_ACTION_NAMES,
      native.requestTrailers?.(headersOf(trailers), this.control),
    );
  }
  encodeHeaders(headers: HeaderList, end: boolean): number {
    const { native } = this.filter;
    return action(
      HEADERS_ACTION_NAMES,
      native.responseHeaders?.(headersOf(headers), end, this.control),
    );
  }
  encodeData(data: ByteQueue, end: boolean): number {
    return action(
      DATA_ACTION_NAMES,
      this.filter.native.responseBody?.(this.body(data, "response"), end, this.control),
    );
  }
  encodeTrailers(trailers: HeaderList): number {
    const { native } = this.filter;
    return action(
      TRAILERS_ACTION_NAMES,
      native.responseTrailers?.(headersOf(trailers), this.control),
    );
  }
  log(): void {
    // It has no access log.
  }
  destroy(): void {
    // Nothing to release.
  }
}
