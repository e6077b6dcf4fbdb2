import { ByteQueue } from "../abi/byte-queue.js";
import { ResponseFlag } from "../abi/enums.js";
import type { HeaderList } from "../abi/header-list.js";
import { asBytes } from "../abi/text.js";
import type { HeaderPair } from "../types.js";
import { Attempt, type AttemptEvents } from "./attempt.js";
import { resetText, statusOfReset } from "./callouts.js";
import type { StreamFilter } from "./chain.js";
import type { Timer } from "./environment.js";
import { RetryState, type RetryVerdict } from "./retry-state.js";
import { RouteChoice } from "./route-choice.js";
import type { Stream } from "./stream.js";
import { targetOf, type Target } from "./targets.js";
import { expectedMs, takeTimeouts, type Timeouts } from "./timeouts.js";
import type { UpstreamExchange } from "./upstream-exchange.js";

const encoder = new TextEncoder();
const CONNECTION_REFUSED = "delayed connect error: Connection refused";

/** Chooses a route and talks to its cluster: the filter every chain ends with. */
export class Router {
  readonly choice: RouteChoice;
  overrideHost = "";
  latencyMs: number | null = null;
  private attempts: Attempt[] = [];
  private attemptCount = 0;
  private timer: Timer | null = null;
  private backoff: Timer | null = null;
  private timeouts: Timeouts = { globalMs: 0, perTryMs: 0 };
  private retry: RetryState | null = null;
  private requestHeaders: HeaderList | null = null;
  private requestTrailers: HeaderList | null = null;
  /** The body so far, for later attempts. */
  private kept = new ByteQueue();
  /** When the client's request had been read. */
  private completeAt: number | null = null;
  /** An answer has been handed to the client's stream. */
  private responseStarted = false;
  private sentAt = 0;
  private currentCluster = "";

  constructor(private stream: Stream) {
    this.choice = new RouteChoice(stream);
  }

  /** The endpoint the last attempt goes to. */
  get target(): Target | null {
    return this.attempts.at(-1)?.target ?? null;
  }

  /** Why there is no connection to the upstream host; empty = nothing known. */
  failureReason = "";

  /** Attempts begun; the answer's number. */
  get attempt(): number {
    return this.attemptCount;
  }

  /** Address of the upstream host, once there is one. */
  get address(): string {
    const { target } = this;
    return target ? this.overrideHost || (target.traits.address ?? "127.0.0.1:80") : "";
  }

  /** Upstream filters that are alive. */
  get filters(): StreamFilter[] {
    return this.current?.filters ?? [];
  }

  /** The upstream filter that holds the attempt under way. */
  get holding(): Attempt["holding"] {
    return this.current?.holding ?? null;
  }

  get clusterName(): string {
    return this.currentCluster || this.choice.clusterName;
  }

  get requests(): UpstreamExchange["request"][] {
    const exchanges = this.attempts.map(({ exchange }) => exchange);
    return exchanges.filter((e) => e.opened).map((exchange) => exchange.request);
  }

  /** An upstream has a whole request, and still owes an answer that would be read. */
  get outstanding(): boolean {
    const owes = ({ exchange }: Attempt): boolean =>
      !exchange.closed && exchange.request.complete && !exchange.unread;
    return this.attempts.some(owes);
  }

  /** An upstream filter collects more of the request than it may. */
  get isBackedUp(): boolean {
    return this.current?.decode.backedUp ?? false;
  }

  /** An answer waits to be read. */
  get unread(): boolean {
    return this.attempts.some(({ exchange }) => !exchange.closed && exchange.unread);
  }

  /** The client's stream has room for more of the answer. */
  readOn(): void {
    this.current?.exchange.readOn();
  }

  private reply(status: number, text: string, details: string, flag = 0): void {
    // The filters of an attempt hear that it is over before this is noted.
    this.onLocalReply();
    this.stream.flags |= flag;
    const body = encoder.encode(text);
    this.stream.localReply({ status, body, headers: [], grpcStatus: -1, details });
  }

  headers(headers: HeaderList, end: boolean): void {
    const { stream } = this;
    this.choice.choose(headers);
    const { route } = this.choice;
    if (!route) return this.reply(404, "", "route_not_found", ResponseFlag.NoRouteFound);
    if (route.directResponse) {
      const { status, body = "" } = route.directResponse;
      const reply = { status, body: asBytes(body), headers: [], grpcStatus: -1 };
      return stream.localReply({ ...reply, details: "direct_response" });
    }
    const name = this.choice.clusterName;
    const cluster = stream.env.cluster(name);
    if (!cluster || cluster.kind === "redis") {
      return this.reply(503, "", "cluster_not_found", ResponseFlag.NoClusterFound);
    }
    this.attemptCount = 1;
    const target = targetOf(stream.env, name, 1);
    if (!target) return this.replyNoHost();
    this.currentCluster = name;
    this.requestHeaders = headers;
    this.timeouts = takeTimeouts(headers, route);
    this.retry = RetryState.take(headers, route.retry, {
      active: stream.env.process.retries,
      name,
      limit: cluster.traits?.maxRetries,
    });
    this.sentAt = stream.env.scheduler.elapsed;
    const attempt = this.begin(target, headers);
    attempt.start(headers, end);
    if (end) this.requestEnded();
  }

  /** A new attempt; the router's own headers are written anew for each. */
  private begin(target: Target, headers: HeaderList): Attempt {
    const { env } = this.stream;
    this.failureReason = "";
    if (env.router === "envoy") {
      const elapsed = this.completeAt === null ? 0 : env.scheduler.elapsed - this.completeAt;
      const expected = expectedMs(this.timeouts, Math.floor(elapsed));
      if (expected > 0) headers.replace("x-envoy-expected-rq-timeout-ms", String(expected));
    }
    if (env.attemptCountHeaders) this.countInto(headers);
    const { perTryMs } = this.timeouts;
    const events: AttemptEvents = {
      headers: (from, list, end) => this.onHeaders(from, list, end),
      data: (from, data, end) => this.onData(from, data, end),
      trailers: (from, list) => this.onTrailers(from, list),
      reset: (from, reason) => this.onReset(from, reason),
      perTryTimeout: (from) => this.onPerTryTimeout(from),
    };
    const attempt = new Attempt(this.stream, target, this.currentCluster, perTryMs, events);
    this.attempts.push(attempt);
    return attempt;
  }

  private countInto(headers: HeaderList): void {
    headers.replace("x-envoy-attempt-count", String(this.attemptCount));
  }

  /** The attempt that is under way; null before the first, and while a retry waits. */
  private get current(): Attempt | null {
    const last = this.attempts.at(-1);
    return last && !last.finished ? last : null;
  }

  data(data: ByteQueue, end: boolean): void {
    if (this.retry) this.keep(data);
    const chunk = new ByteQueue();
    chunk.take(data);
    this.current?.push(chunk, end);
    if (end) this.requestEnded();
  }

  /** Copies a chunk for later attempts; above the limit there will be none. */
  private keep(data: ByteQueue): void {
    const bytes = data.size > 0 ? data.bytes().slice() : new Uint8Array(0);
    if (this.kept.size + bytes.length <= this.stream.limit("request")) {
      return this.kept.push(bytes);
    }
    this.giveUpRetries();
    this.kept.clear();
    if (this.current) return;
    const details = "request_payload_exceeded_retry_buffer_limit";
    this.reply(507, "exceeded request buffer limit while retrying upstream", details);
  }

  private giveUpRetries(): void {
    this.retry?.release();
    this.retry = null;
    this.backoff?.cancel();
  }

  trailers(trailers: HeaderList): void {
    this.requestTrailers = trailers;
    this.current?.finish(trailers);
    this.requestEnded();
  }

  metadata(metadata: HeaderList): void {
    this.current?.metadata(metadata);
  }

  private requestEnded(): void {
    this.completeAt = this.stream.env.scheduler.elapsed;
    this.current?.requestEnded();
    this.armTimeout();
  }

  private armTimeout(): void {
    const ms = this.timeouts.globalMs;
    if (ms <= 0 || this.timer || this.stream.finished) return;
    this.timer = this.stream.env.scheduler.timer(ms, () => this.onTimeout("response_timeout"));
  }

  private onTimeout(details: string): void {
    if (this.unread) {
      const plugin = this.stream.holdingFilter()?.name ?? "";
      const message = "the answer is above the buffer limit, and the rest of it was never read";
      this.stream.env.violation("S29", message, { plugin, callback: "" });
    }
    const flag = ResponseFlag.UpstreamRequestTimeout;
    this.reply(504, "upstream request timeout", details, flag);
  }

  /** An answer's headers, past the upstream filters. */
  private onHeaders(attempt: Attempt, headers: HeaderList, end: boolean): void {
    const { env } = this.stream;
    if (this.retried(attempt, this.retry?.afterHeaders(headers) ?? "no")) return;
    this.giveUpRetries();
    this.responseStarted = true;
    this.latencyMs = Math.round(env.scheduler.elapsed - this.sentAt);
    if (env.attemptCountHeaders) this.countInto(headers);
    if (env.router === "envoy") {
      headers.replace("x-envoy-upstream-service-time", String(this.latencyMs));
    }
    if (end) this.complete(attempt);
    this.stream.responseHeaders(headers, end);
  }

  private onData(attempt: Attempt, data: ByteQueue, end: boolean): void {
    if (end) this.complete(attempt);
    this.stream.responseData(data, end);
  }

  private onTrailers(attempt: Attempt, trailers: HeaderList): void {
    this.complete(attempt);
    this.stream.responseTrailers(trailers);
  }

  /** The answer is whole. The filters of its attempt go before those of the client's stream hear of it. */
  private complete(attempt: Attempt): void {
    this.timer?.cancel();
    attempt.destroy();
  }

  private onPerTryTimeout(attempt: Attempt): void {
    // What has begun to reach the client may go on up to the global timeout.
    if (this.responseStarted) return;
    const verdict = this.retry?.afterReset("local reset", true) ?? "no";
    if (this.retried(attempt, verdict)) return;
    this.onTimeout("upstream_per_try_timeout");
  }

  private onReset(attempt: Attempt, reason: string): void {
    if (reason === "remote connection failure") this.failureReason = CONNECTION_REFUSED;
    const sent = attempt.exchange.opened && reason !== "remote connection failure";
    const verdict = this.retry?.afterReset(reason, sent) ?? "no";
    if (!this.responseStarted && this.retried(attempt, verdict)) return;
    const when = this.responseStarted ? "after" : "before";
    const refused = reason === "remote connection failure";
    const cause = refused ? `${reason}|${CONNECTION_REFUSED}` : reason;
    const short = cause.replaceAll(" ", "_");
    const text = resetText(reason, this.attemptCount > 1);
    const details = `upstream_reset_${when}_response_started{${short}}`;
    this.reply(statusOfReset(reason), text, details, flagOfReset(reason));
  }

  /** Begins a retry if the verdict says so; notes why there is none. */
  private retried(attempt: Attempt, verdict: RetryVerdict): boolean {
    const { stream } = this;
    if (verdict === "limit") stream.flags |= ResponseFlag.UpstreamRetryLimitExceeded;
    if (verdict === "overflow") stream.flags |= ResponseFlag.UpstreamOverflow;
    if (verdict !== "retry" || !this.retry) return false;
    const [low = 0, high = 0] = stream.env.random(2);
    const ms = this.retry.nextBackoff(low + high * 256);
    this.backoff = stream.env.scheduler.timer(ms, () => this.again());
    attempt.destroy();
    return true;
  }

  private again(): void {
    const { stream, requestTrailers, kept } = this;
    const headers = this.requestHeaders;
    if (stream.finished || !headers) return;
    this.attemptCount++;
    const target = targetOf(stream.env, this.currentCluster, this.attemptCount);
    if (!target) return this.replyNoHost();
    const attempt = this.begin(target, headers);
    const complete = this.completeAt !== null;
    attempt.start(headers, kept.size === 0 && !requestTrailers && complete);
    if (kept.size > 0 && !attempt.finished) {
      attempt.push(new ByteQueue(kept.bytes().slice()), !requestTrailers && complete);
    }
    if (requestTrailers && !attempt.finished) attempt.finish(requestTrailers);
    if (complete) attempt.requestEnded();
  }

  private replyNoHost(): void {
    const flag = ResponseFlag.NoHealthyUpstream;
    this.reply(503, "no healthy upstream", "no_healthy_upstream", flag);
  }

  upstreamHosts(): HeaderPair[] | null {
    const name = this.choice.clusterName;
    return this.stream.env.cluster(name) ? [["127.0.0.1:80", "{}"]] : null;
  }

  /** Stops everything under way. */
  cancel(): void {
    this.timer?.cancel();
    this.giveUpRetries();
    for (const attempt of this.attempts) attempt.cancel();
  }

  /** Somebody answers instead of the upstream. */
  onLocalReply(): void {
    this.cancel();
    this.destroy();
  }

  /** The client's stream is over, and with it what is left of the last attempt. */
  destroy(): void {
    for (const attempt of this.attempts) attempt.destroy();
  }
}

function flagOfReset(reason: string): number {
  switch (reason) {
    case "remote connection failure":
      return ResponseFlag.UpstreamConnectionFailure;
    case "protocol error":
      return ResponseFlag.UpstreamProtocolError;
    case "remote reset":
    case "remote refused stream reset":
      return ResponseFlag.UpstreamRemoteReset;
    default:
      return ResponseFlag.UpstreamConnectionTermination;
  }
}
