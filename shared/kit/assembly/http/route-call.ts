import { bytes, equalsIgnoreCase, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import {
  canReadRequestHeaders,
  DataAction,
  HeadersAction,
  Pairs,
  requestBody,
  requestHeaders,
  responseBody,
  responseHeaders,
  Status,
} from "proxy-wasm-as";
import { HttpRequest } from "../http-request";
import { parseUrl } from "../url";

const METHOD: Slice = bytes(":method");
const PATH: Slice = bytes(":path");
const AUTHORITY: Slice = bytes(":authority");
const STATUS: Slice = bytes(":status");
const ORIGINAL_METHOD: Slice = bytes("x-envoy-original-method");
const ORIGINAL_PATH: Slice = bytes("x-envoy-original-path");
const ORIGINAL_HOST: Slice = bytes("x-envoy-original-host");
const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
const CONTENT_LENGTH: Slice = bytes("content-length");

/** What the upstream answered to a `RouteCall`; its bytes are the host's, valid until the callback returns. */
@final
export class RouteAnswer {
  constructor(
    /** 500 when it is no number. */
    readonly status: i32,
    readonly headers: Pairs,
    readonly body: Slice,
  ) {}
}

/**
 * Sends a request of the plugin's in place of the client's, where the client's would have gone, and
 * holds the answer (host.md 5.9). A field of a stream:
 *
 *   override onRequestBody(_size: i32, endOfStream: bool): DataAction {
 *     if (!endOfStream) return DataAction.StopIterationAndBuffer;
 *     this.call.start(new HttpRequest(bytes("POST"), bytes("/v1/other")));
 *     return DataAction.Continue;
 *   }
 *   override onResponseHeaders(endOfStream: bool): HeadersAction {
 *     const action = this.call.holdHeaders(endOfStream);
 *     if (endOfStream) this.judge(); // reads `call.answer()`, then replies, or `resumeResponse()`
 *     return action;
 *   }
 *
 * and so on in `onResponseBody`; trailers end an answer, too. In plain Envoy it needs
 * `allow_on_headers_stop_iteration`. Edits of headers may choose another route: see `keepRoute`.
 */
@final
export class RouteCall {
  private running: bool = false;

  /** True from `start` until the answer was read. */
  get isRunning(): bool {
    return this.running;
  }

  /**
   * Rewrites the running request, in its body callback and while its headers are held. What it was
   * stands in `x-envoy-original-method`, `-path` and `-host`; headers that the new one does not name
   * stay, but `accept-encoding` and `content-length`.
   *
   * @param request its URL may be a path alone: then the authority stays
   * @returns false, and nothing is changed: no body within reach, headers gone, or a request that
   *   cannot be sent
   */
  start(request: HttpRequest): bool {
    const authority = canReadRequestHeaders() ? requestHeaders.get(AUTHORITY) : null;
    const url = parseUrl(request.url);
    if (url === null || authority === null) return false;
    const block = request.complete(url.path, url.host.isEmpty ? authority : url.host);
    if (block === null || requestBody.replace(request.body) != Status.Ok) return false;
    keepOriginal(ORIGINAL_METHOD, METHOD);
    keepOriginal(ORIGINAL_PATH, PATH);
    keepOriginal(ORIGINAL_HOST, AUTHORITY);
    requestHeaders.remove(ACCEPT_ENCODING);
    requestHeaders.remove(CONTENT_LENGTH);
    replaceHeaders(new Pairs(block));
    this.running = true;
    return true;
  }

  /** What `onResponseHeaders` answers. @param endOfStream the answer is complete, read it now */
  holdHeaders(endOfStream: bool): HeadersAction {
    if (!this.running) return HeadersAction.Continue;
    return endOfStream ? HeadersAction.StopAllIterationAndWatermark : HeadersAction.StopIteration;
  }

  /** What `onResponseBody` answers. @param endOfStream the answer is complete, read it now */
  holdBody(endOfStream: bool): DataAction {
    return this.running && !endOfStream ? DataAction.StopIterationAndBuffer : DataAction.Continue;
  }

  /** The answer, in the callback that completes it (trailers do, too); once. Null when there is none. */
  answer(): RouteAnswer | null {
    if (!this.running) return null;
    this.running = false;
    const text = responseHeaders.get(STATUS);
    const code = text === null ? -1 : parseInteger(text);
    const body = responseBody.readAll();
    return new RouteAnswer(
      code >= 100 && code <= 999 ? <i32>code : 500,
      responseHeaders.pairs(),
      body === null ? NO_BYTES : body,
    );
  }
}

function keepOriginal(name: Slice, header: Slice): void {
  const value = requestHeaders.get(header);
  if (value !== null) requestHeaders.set(name, value);
}

/** Each name loses what it had; repeated names of the list stay repeated. */
function replaceHeaders(all: Pairs): void {
  for (let i = 0; i < all.count; i++) {
    if (isRepeated(all, i)) requestHeaders.add(all.name(i), all.value(i));
    else requestHeaders.set(all.name(i), all.value(i));
  }
}

/** True when an earlier pair has the name of pair `index`. */
function isRepeated(all: Pairs, index: i32): bool {
  const name = all.name(index);
  for (let i = 0; i < index; i++) {
    if (equalsIgnoreCase(all.name(i), name)) return true;
  }
  return false;
}
