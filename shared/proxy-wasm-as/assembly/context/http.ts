import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DataAction, HeadersAction, Status, StreamType, TrailersAction } from "../abi/enums";
import {
  proxy_close_stream,
  proxy_continue_stream,
  proxy_send_local_response,
} from "../abi/imports";
import { releaseRequestHeaders } from "../dispatch/callback";
import { HttpCallResponse } from "../host/http-call";

/**
 * One HTTP stream of one plugin. Override what the plugin needs, and re-export the matching
 * callback in its `index.ts`; the methods stand in the order in which the host calls them.
 */
export abstract class HttpContext {
  private replied: bool = false;
  private accepted: bool = false;
  private finished: bool = false;
  /** The request is paused, so that its headers can still be read. Kept by the dispatcher. */
  holdsRequest: bool = false;
  /** The response has begun. Kept by the dispatcher. */
  hasResponse: bool = false;
  /**
   * Set it in `onLog` when an answer is still to come that has to be put right: it reaches this
   * object although the stream is gone, until `finish()`. No host call about the stream works then.
   */
  lingers: bool = false;

  constructor(readonly id: u32) {}

  /** @param endOfStream no body follows: decide now, a pause would never end */
  onRequestHeaders(_endOfStream: bool): HeadersAction {
    return HeadersAction.Continue;
  }

  /**
   * @param size readable bytes of the request body: this chunk alone, or everything since the
   *   callback first answered StopIterationAndBuffer
   */
  onRequestBody(_size: i32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  /** Ends a request with trailers; no body callback had `endOfStream` then. */
  onRequestTrailers(): TrailersAction {
    return TrailersAction.Continue;
  }

  onResponseHeaders(_endOfStream: bool): HeadersAction {
    return HeadersAction.Continue;
  }

  /** @param size as for the request body */
  onResponseBody(_size: i32, _endOfStream: bool): DataAction {
    return DataAction.Continue;
  }

  onResponseTrailers(): TrailersAction {
    return TrailersAction.Continue;
  }

  /** The answer to a call this stream made. Not called once the stream is gone. */
  onHttpCallResponse(_tag: i32, _response: HttpCallResponse): void {}

  /** The reply to a Redis command; `failed`: no connection, or it broke. Higress only. */
  onRedisReply(_tag: i32, _failed: bool, _reply: Slice): void {}

  /** The stream is over. Header maps can be read, bodies not; no local reply is possible. */
  onLog(): void {}

  /** True once the plugin asked for no further callbacks. A local reply alone does not end them. */
  get isFinished(): bool {
    return this.finished;
  }

  /** No further callback is wanted: the dispatcher forgets this stream after the running one. */
  protected finish(): void {
    this.finished = true;
  }

  /**
   * Answers the client in place of the upstream. Only the first call of a stream has an effect: a
   * second one is executed by Envoy and corrupts the stream (host.md 7.1).
   *
   * @param headers serialised pairs (`PairsBuilder.build`); no bytes for none
   * @param details response code details for the access log, no spaces
   * @returns false when the host refused; the request must then be held, not released
   */
  protected sendLocalReply(
    status: i32,
    headers: Slice,
    body: Slice = NO_BYTES,
    details: Slice = NO_BYTES,
  ): bool {
    if (this.replied) return this.accepted;
    this.replied = true;
    const result = proxy_send_local_response(
      status,
      details.ptr,
      details.length,
      body.ptr,
      body.length,
      headers.ptr,
      headers.length,
      -1,
    );
    this.accepted = result == Status.Ok;
    return this.accepted;
  }

  /** True when this stream was answered by this plugin. */
  protected get hasReplied(): bool {
    return this.replied;
  }

  /**
   * Releases a held request. Do it last: it makes the request's headers and body unreadable for
   * the rest of the callback. Does nothing after a local reply.
   */
  protected resumeRequest(): void {
    if (this.replied) return;
    proxy_continue_stream(StreamType.Request);
    this.holdsRequest = false;
    releaseRequestHeaders();
  }

  /**
   * Releases a held response. Does nothing after a local reply, nor before the response began:
   * Envoy 1.40 crashes on that (test/envoy, probe of continue_stream).
   */
  protected resumeResponse(): void {
    if (!this.replied && this.hasResponse) proxy_continue_stream(StreamType.Response);
  }

  /** Resets the stream after the running callback. */
  protected closeStream(): void {
    proxy_close_stream(StreamType.Request);
  }
}
