import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DataAction, HeadersAction, Status, StreamType, TrailersAction } from "../abi/enums";
import {
  proxy_close_stream,
  proxy_continue_stream,
  proxy_send_local_response,
  proxy_set_effective_context,
} from "../abi/imports";
import {
  act,
  actingContext,
  decide,
  decidingStream,
  releaseRequestHeaders,
} from "../dispatch/callback";
import { HttpCallResponse } from "../host/http-call";

/** The directions of a stream. */
export const enum Half {
  None,
  Request,
  Response,
}

/**
 * One HTTP stream of one plugin. Override what the plugin needs, and re-export the matching
 * callback in its `index.ts`; the methods stand in the order in which the host calls them.
 */
export abstract class HttpContext {
  private replied: bool = false;
  /** The last reply was not sent: the stream must not go on. */
  protected isStuck: bool = false;
  private finished: bool = false;
  /** The request is paused, so that its headers can still be read. Kept by the dispatcher. */
  holdsRequest: bool = false;
  /** Nothing can be answered or resumed any more. Kept by the dispatcher. */
  isOver: bool = false;
  /**
   * Set it in `onLog` or `onDone` when an answer is still to come that has to be put right: it reaches this
   * object although the stream is gone, until `finish()`. No host call about the stream works then.
   */
  lingers: bool = false;
  /** The response has begun. */
  private hasResponse: bool = false;
  /** The direction whose own callback runs. */
  private running: Half = Half.None;
  /** That callback resumed its own direction. */
  private resumed: bool = false;

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

  /**
   * The stream is over, and nothing of it can be edited. For plugins that re-export the callback of
   * `proxy-wasm-as/callbacks-upstream`: filters in an upstream chain get no `onLog`.
   */
  onDone(): void {}

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
   * @returns false when nothing was sent: the host refused, the stream is over (Envoy crashes when
   *   a filter replies from its log callback, harness.md 6.7), or the callback belongs to the request
   *   or response of another stream, which Envoy would then hold for ever. The request must be held:
   *   `isStuck` says so from then on
   */
  protected sendLocalReply(
    status: i32,
    headers: Slice,
    body: Slice = NO_BYTES,
    details: Slice = NO_BYTES,
  ): bool {
    if (this.replied) return !this.isStuck;
    this.isStuck = true;
    const deciding = decidingStream();
    if (deciding != 0 && deciding != this.id) return false;
    if (!this.reach()) return false;
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
    this.isStuck = result != Status.Ok;
    return !this.isStuck;
  }

  /** True when this stream was answered by this plugin. */
  protected get hasReplied(): bool {
    return this.replied;
  }

  /**
   * Releases a held request. Do it last: it makes the request's headers and body unreadable for
   * the rest of the callback. Does nothing after a local reply. In a callback of the request itself
   * it makes that callback answer Continue, so that an answer at once and a late one can share code:
   * Envoy sends the request twice, or never, when it is resumed in there (harness.md 6.2).
   */
  protected resumeRequest(): void {
    if (this.running == Half.Request) {
      this.resumed = true;
      return;
    }
    if (this.replied || !this.reach()) return;
    proxy_continue_stream(StreamType.Request);
    this.holdsRequest = false;
    releaseRequestHeaders();
  }

  /**
   * Releases a held response, under the same conditions. Nor does it anything before the response
   * began: Envoy 1.40 crashes on that (test/envoy, probe of continue_stream).
   */
  protected resumeResponse(): void {
    if (this.running == Half.Response) {
      this.resumed = true;
      return;
    }
    if (this.replied || !this.hasResponse || !this.reach()) return;
    proxy_continue_stream(StreamType.Response);
    releaseRequestHeaders();
  }

  /** Resets the stream after the running callback. */
  protected closeStream(): void {
    if (this.reach()) proxy_close_stream(StreamType.Request);
  }

  /**
   * Makes the running callback's host calls act on this stream, in a callback of the root or of
   * another stream. Without it they would act on that one: a local reply to a root answers Ok and
   * does nothing, and the client waits for ever (host.md 7.1). Replying, resuming and closing do it
   * themselves; call it before you read or edit headers and bodies.
   *
   * @returns false when the stream is over
   */
  reach(): bool {
    if (this.isOver) return false;
    if (actingContext() == this.id) return true;
    if (proxy_set_effective_context(this.id) != Status.Ok) return false;
    act(this.id, this.holdsRequest);
    return true;
  }

  /** A callback of that direction begins. For the dispatcher. */
  enter(half: Half): void {
    this.running = half;
    this.resumed = false;
    decide(this.id);
    if (half == Half.Response) this.hasResponse = true;
  }

  /** The callback has answered. For the dispatcher. @returns true: answer Continue instead */
  leave(): bool {
    this.running = Half.None;
    decide(0);
    return this.resumed && !this.replied;
  }
}
