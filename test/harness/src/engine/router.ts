import type { ByteQueue } from "../abi/byte-queue";
import { ResponseFlag } from "../abi/enums";
import type { HeaderList } from "../abi/header-list";
import { asBytes, toBinary, toText } from "../abi/text";
import type { HeaderPair, RouteOptions } from "../types";
import { RESET_BEFORE_HEADERS, statusOfReset } from "./callouts";
import type { Place, Timer } from "./environment";
import type { Stream } from "./stream";
import { UpstreamExchange } from "./upstream-exchange";

const encoder = new TextEncoder();

/** Chooses a route and talks to its cluster: the filter every chain ends with. */
export class Router {
  route: RouteOptions | null = null;
  overrideHost = "";
  latencyMs: number | null = null;
  private selected = false;
  private first: RouteOptions | null = null;
  private firstCluster = "";
  /** Whose header change dropped the choice; null after an explicit clear. */
  private changedBy: Place | null = null;
  private exchanges: UpstreamExchange[] = [];
  private timer: Timer | null = null;
  private sentAt = 0;
  private bytes = 0;
  private currentCluster = "";

  constructor(private stream: Stream) {}

  /** Address of the upstream host, once connected. */
  get address(): string {
    return this.exchanges.length > 0 ? this.overrideHost || "127.0.0.1:80" : "";
  }

  get clusterName(): string {
    return this.currentCluster || this.clusterOf(this.route);
  }

  get requests(): UpstreamExchange["request"][] {
    return this.exchanges.filter((e) => e.opened).map((exchange) => exchange.request);
  }

  /** An upstream has a whole request and still owes an answer. */
  get outstanding(): boolean {
    return this.exchanges.some((exchange) => !exchange.closed && exchange.request.complete);
  }

  /** Route chosen before the filters. */
  selectFirst(headers: HeaderList): void {
    this.first = this.route = this.match(headers);
    this.firstCluster = this.clusterOf(this.route, headers);
    this.selected = true;
  }

  /** Drops the choice; the next look picks again. `changedBy`: null when a plugin asked for it. */
  clearRoute(changedBy: Place | null): void {
    this.selected = false;
    this.changedBy = changedBy;
    // Envoy's stream info keeps the old name until somebody asks; Higress evaluates at once.
    if (this.stream.env.profile.topLevelRouteName && this.stream.decode.headers) {
      this.route = this.match(this.stream.decode.headers);
    }
  }

  /** Picks again if the choice was dropped; it then stands until it is dropped once more. */
  choose(headers: HeaderList): void {
    if (this.selected) return;
    this.route = this.match(headers);
    this.selected = true;
    this.noteReroute();
  }

  private match(headers: HeaderList): RouteOptions | null {
    const path = headers.get(":path");
    // Envoy asks x-forwarded-proto, which it sets itself, whether the request has a scheme.
    const scheme = this.stream.env.router === "bare" ? ":scheme" : "x-forwarded-proto";
    if (path === undefined || !headers.get(scheme)) return null;
    for (const route of this.stream.env.routes) {
      const { match } = route;
      if (!match) return route;
      if (match.prefix !== undefined && !path.startsWith(match.prefix)) continue;
      if (match.path !== undefined && path.split("?")[0] !== match.path) continue;
      if (match.host !== undefined && headers.get(":authority") !== match.host) continue;
      if (match.method !== undefined && headers.get(":method") !== match.method) continue;
      const wanted = Object.entries(match.headers ?? {});
      if (wanted.every(([name, value]) => headers.get(name) === toBinary(value))) return route;
    }
    return null;
  }

  private clusterOf(route: RouteOptions | null, headers = this.stream.decode.headers): string {
    if (route?.clusterHeader) {
      return toText(headers?.get(route.clusterHeader.toLowerCase()) ?? "");
    }
    return route?.cluster ?? "";
  }

  private reply(status: number, text: string, details: string, flag = 0): void {
    this.stream.flags |= flag;
    const body = encoder.encode(text);
    this.stream.localReply({ status, body, headers: [], grpcStatus: -1, details }, false);
  }

  private noteReroute(): void {
    const { route, changedBy } = this;
    const cluster = this.clusterOf(route);
    if (!changedBy || (route === this.first && cluster === this.firstCluster)) return;
    const target = route ? `"${route.name ?? cluster}", cluster "${cluster}"` : "no route";
    this.stream.env.violation("S31", `header change re-routed the request to ${target}`, changedBy);
  }

  headers(headers: HeaderList, end: boolean): void {
    const { stream } = this;
    const { env } = stream;
    this.choose(headers);
    const { route } = this;
    if (!route) return this.reply(404, "", "route_not_found", ResponseFlag.NoRouteFound);
    if (route.directResponse) {
      const { status, body = "" } = route.directResponse;
      const reply = { status, body: asBytes(body), headers: [], grpcStatus: -1 };
      return stream.localReply({ ...reply, details: "direct_response" }, false);
    }
    const name = this.clusterOf(route);
    const upstream = env.cluster(name);
    if (!upstream || upstream.kind !== "upstream") {
      return this.reply(503, "", "cluster_not_found", ResponseFlag.NoClusterFound);
    }
    if (!upstream.hasEndpoints) {
      return this.reply(
        503,
        "no healthy upstream",
        "no_healthy_upstream",
        ResponseFlag.NoHealthyUpstream,
      );
    }
    // The upstream codec looks at the headers as they are now.
    if (!headers.has(":method")) {
      const details = "filter_removed_required_request_headers{missing_required_header:_:method}";
      return this.reply(503, "missing required header: :method", details);
    }
    const { complaint } = headers;
    if (complaint !== undefined) return this.reply(503, complaint, "upstream_reset_before_response_started{protocol_error}"); // prettier-ignore
    if (env.router === "envoy" && (route.timeoutMs ?? 15000) > 0) {
      headers.replace("x-envoy-expected-rq-timeout-ms", String(route.timeoutMs ?? 15000));
    }
    this.currentCluster = name;
    this.sentAt = env.scheduler.elapsed;
    const exchange = new UpstreamExchange(env, upstream, name, "router", {
      headers: (list, ended) => this.onHeaders(list, ended),
      data: (chunk, ended) => stream.responseData(chunk, ended),
      trailers: (list) => stream.responseTrailers(list),
      done: () => this.timer?.cancel(),
      reset: (reason, started) => this.onReset(reason, started),
    });
    this.exchanges.push(exchange);
    exchange.sendHeaders(headers, end);
    if (end) this.armTimeout();
  }

  data(data: ByteQueue, end: boolean): void {
    const exchange = this.exchanges.at(-1);
    const bytes = data.size > 0 ? data.bytes().slice() : new Uint8Array(0);
    data.clear();
    if (!exchange) return;
    this.bytes += bytes.length;
    exchange.sendData(bytes, end);
    if (end) this.requestEnded(exchange);
  }

  trailers(trailers: HeaderList): void {
    const exchange = this.exchanges.at(-1);
    if (!exchange) return;
    exchange.sendTrailers(trailers);
    this.requestEnded(exchange);
  }

  private requestEnded(exchange: UpstreamExchange): void {
    const declared = exchange.declaredLength;
    const editor = this.stream.editors.request;
    if (editor && declared !== undefined && Number(declared) !== this.bytes) {
      const message = `request body has ${this.bytes} bytes, content-length says ${declared}`;
      this.stream.env.violation("S01", message, editor);
    }
    this.armTimeout();
  }

  private armTimeout(): void {
    const ms = this.route?.timeoutMs ?? 15000;
    if (ms <= 0 || this.timer) return;
    this.timer = this.stream.env.scheduler.timer(ms, () => {
      this.cancel();
      this.reply(
        504,
        "upstream request timeout",
        "response_timeout",
        ResponseFlag.UpstreamRequestTimeout,
      );
    });
  }

  private onHeaders(headers: HeaderList, end: boolean): void {
    const { env } = this.stream;
    this.latencyMs = Math.round(env.scheduler.elapsed - this.sentAt);
    if (env.router === "envoy") {
      headers.replace("x-envoy-upstream-service-time", String(this.latencyMs));
    }
    this.stream.responseHeaders(headers, end);
  }

  private onReset(reason: string, started: boolean): void {
    this.timer?.cancel();
    const { stream } = this;
    const refused = reason.startsWith("remote connection failure");
    // A connection that closes inside an HTTP/1.1 message breaks the protocol.
    const broken = started && stream.env.upstreamProtocol === "h1";
    if (broken && reason === "connection termination") reason = "protocol error";
    stream.flags |= refused
      ? ResponseFlag.UpstreamConnectionFailure
      : reason === "protocol error"
        ? ResponseFlag.UpstreamProtocolError
        : ResponseFlag.UpstreamConnectionTermination;
    if (started)
      return stream.reset(`upstream_reset_after_response_started{${reason.replaceAll(" ", "_")}}`);
    const short = refused
      ? "remote_connection_failure|delayed_connect_error:_Connection_refused"
      : reason.replaceAll(" ", "_");
    this.reply(
      statusOfReset(reason),
      RESET_BEFORE_HEADERS + reason,
      `upstream_reset_before_response_started{${short}}`,
    );
  }

  upstreamHosts(): HeaderPair[] | null {
    const name = this.clusterOf(this.route);
    return this.stream.env.cluster(name) ? [["127.0.0.1:80", "{}"]] : null;
  }

  cancel(): void {
    this.timer?.cancel();
    for (const exchange of this.exchanges) exchange.cancel();
  }
}
