import { NO_BYTES, parseInteger, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { BufferType, HeaderMapType, Status } from "../abi/enums";
import { proxy_http_call } from "../abi/imports";
import { Callout, httpCallouts } from "../dispatch/callouts";
import { clearOut, OUT_NUMBER, takeNumber } from "../memory/out";
import { HostBuffer } from "./body";
import { HeaderMap } from "./headers";
import { Pairs } from "../memory/pairs";

const STATUS: Slice = bytes(":status");
const responseHeaders: HeaderMap = new HeaderMap(HeaderMapType.HttpCallResponseHeaders);
const responseBody: HostBuffer = new HostBuffer(BufferType.HttpCallResponseBody);

/**
 * Starts an HTTP call; the answer reaches `onHttpCallResponse(tag, …)` of the owner.
 *
 * @param owner id of the stream or root that waits
 * @param tag what the owner wants to know the answer by
 * @param headers serialised pairs with `:method`, `:path` and `:authority`
 * @param timeoutMs 0 for none
 * @returns Ok, or why no answer will ever come: BadArgument (unknown cluster, missing pseudo
 *   header), InternalFailure (no healthy host). Decide at once then.
 */
export function httpCall(
  owner: u32,
  tag: i32,
  cluster: Slice,
  headers: Slice,
  body: Slice,
  timeoutMs: i32,
): Status {
  return start(owner, tag, cluster, headers, body, timeoutMs, 0, 0);
}

/** The same with trailers. @param trailers serialised pairs; no bytes for none */
export function httpCallWithTrailers(
  owner: u32,
  tag: i32,
  cluster: Slice,
  headers: Slice,
  body: Slice,
  trailers: Slice,
  timeoutMs: i32,
): Status {
  return start(owner, tag, cluster, headers, body, timeoutMs, trailers.ptr, trailers.length);
}

// @ts-expect-error: decorator
@inline
function start(
  owner: u32,
  tag: i32,
  cluster: Slice,
  headers: Slice,
  body: Slice,
  timeoutMs: i32,
  trailersPtr: usize,
  trailersSize: i32,
): Status {
  clearOut();
  const status = <Status>(
    proxy_http_call(
      cluster.ptr,
      cluster.length,
      headers.ptr,
      headers.length,
      body.ptr,
      body.length,
      trailersPtr,
      trailersSize,
      timeoutMs,
      OUT_NUMBER,
    )
  );
  if (status == Status.Ok) httpCallouts.set(takeNumber(), new Callout(owner, tag));
  return status;
}

/** The answer to an `httpCall`. Readable during its callback only. */
@final
export class HttpCallResponse {
  constructor(
    private readonly headerCount: i32,
    /** Length of the body in bytes. */
    readonly bodySize: i32,
  ) {}

  /**
   * The HTTP status. Envoy turns connect failures into 503 and timeouts into 504; 502: the answer
   * broke off; 500: it has no numeric status.
   */
  get status(): i32 {
    if (this.headerCount == 0) return 502;
    const text = responseHeaders.get(STATUS);
    const code = text === null ? -1 : parseInteger(text);
    return code >= 100 && code <= 999 ? <i32>code : 500;
  }

  header(name: Slice): Slice | null {
    return responseHeaders.get(name);
  }

  headers(): Pairs {
    return responseHeaders.pairs();
  }

  /** What came behind the body; rarely anything. */
  trailers(): Pairs {
    return new HeaderMap(HeaderMapType.HttpCallResponseTrailers).pairs();
  }

  /** The body, in the callback arena. */
  body(): Slice {
    const data = responseBody.read(0, this.bodySize);
    return data === null ? NO_BYTES : data;
  }
}
