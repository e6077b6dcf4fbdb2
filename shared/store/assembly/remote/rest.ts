import { decimal, Slice } from "@ai-gateway-wasm/bytes";
import { hostError } from "@ai-gateway-wasm/kit/assembly/host-error";
import { httpCall, HttpCallResponse, Status } from "proxy-wasm-as";
import { STORE_TAGS, StoreCalls } from "../calls";
import { PendingCall } from "../pending-call";
import { StoreFailure, StoreReply } from "../reply";
import { RemoteBackend } from "./backend";
import { RestDialect } from "./rest-dialect";

/** Redis behind HTTP (token-rate-limit.md 7.3): always `POST`, the headers never change. */
@final
export class RestBackend extends RemoteBackend {
  constructor(
    /** The gateway's name of the cluster. */
    private readonly cluster: Slice,
    /** Serialised, pseudo headers and credentials included. */
    private readonly headers: Slice,
    /** The same, and the gateway sends the call again when the connection breaks: a server may close
     * it just when something is sent. */
    private readonly retryHeaders: Slice,
    private readonly dialect: RestDialect,
    timeoutMs: i32,
    /** See `identity`. */
    private readonly place: Slice = cluster,
  ) {
    super(timeoutMs, true);
  }

  override get identity(): Slice {
    return this.place;
  }

  protected override send(
    calls: StoreCalls,
    id: i32,
    words: Slice[],
    isRepeatable: bool,
  ): string | null {
    const body = this.dialect.encode(words);
    const status = httpCall(
      calls.owner,
      STORE_TAGS + id,
      this.cluster,
      isRepeatable ? this.retryHeaders : this.headers,
      body,
      this.timeoutMs,
    );
    return status == Status.Ok ? null : hostError(status);
  }

  /** Envoy answers for a server that does not: 503 no connection, 504 too late, 502 broken off. */
  override answerHttp(call: PendingCall, response: HttpCallResponse): StoreReply {
    const status = response.status;
    if (status == 504) return this.refuse(call, StoreFailure.Timeout, statusText(status));
    if (status == 502 || status == 503) {
      return this.refuse(call, StoreFailure.Connection, statusText(status));
    }
    const answer = this.dialect.decode(response.body());
    if (answer !== null && (status == 200 || answer.isError)) return this.finish(call, answer);
    const cause = status == 200 ? "no answer of this dialect" : statusText(status);
    return this.refuse(call, StoreFailure.Reply, cause, true);
  }
}

function statusText(status: i32): string {
  return "HTTP status " + decimal(status);
}
