import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { httpCall, LogLevel, logLine, Status } from "proxy-wasm-as";
import { Cluster } from "./cluster";
import { HttpRequest } from "./http-request";
import { parseUrl } from "./url";

/** Time an HTTP call may take when nobody says otherwise, in milliseconds (host.md 5.7). */
export const DEFAULT_HTTP_TIMEOUT_MS: i32 = 500;

const UNKNOWN_HOST: Slice = bytes("unknownhost");

/** Calls one cluster over HTTP. Belongs to a configuration, has no state of its own. */
@final
export class HttpClient {
  /** @param timeoutMs 0: wait for ever */
  constructor(
    readonly cluster: Cluster,
    readonly timeoutMs: i32 = DEFAULT_HTTP_TIMEOUT_MS,
  ) {}

  /**
   * Sends `request`; the answer reaches `onHttpCallResponse(tag, …)` of `owner`, a stream or root.
   * A cluster that cannot be connected answers 503, one that is late 504, a broken answer 502.
   * Neither headers nor bodies are logged.
   *
   * @returns Ok, or why no answer will ever come, so that the caller must decide at once:
   *   BadArgument (unknown cluster, bad URL, header that cannot be sent), InternalFailure (the
   *   cluster has no usable host)
   */
  send(owner: u32, tag: i32, request: HttpRequest): Status {
    const url = parseUrl(request.url);
    if (url === null) return this.refuseUrl();
    let authority = url.host.isEmpty ? this.cluster.host : url.host;
    if (authority.isEmpty) authority = UNKNOWN_HOST;
    const headers = request.complete(url.path, authority);
    if (headers === null) return Status.BadArgument;
    return httpCall(owner, tag, this.cluster.name, headers, request.body, this.timeoutMs);
  }

  /** Peers print the URL here; ours may hold a key in its query, so the cluster has to do. */
  private refuseUrl(): Status {
    const line = new Builder().appendText("invalid rawURL for cluster ").append(this.cluster.name);
    logLine(LogLevel.Critical, line.view());
    return Status.BadArgument;
  }
}
