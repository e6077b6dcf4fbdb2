import type { HeaderPair, LogLevel } from "./scenario.js";

/** One request as an upstream received it. */
export interface UpstreamSeen {
  cluster: string;
  method: string;
  path: string;
  /** Value of `host` or `:authority`. */
  authority: string;
  headers: HeaderPair[];
  body: Uint8Array;
  trailers: HeaderPair[];
  /** False: the proxy gave the request up before its end. */
  complete: boolean;
  /** Bytes that followed the message on its connection: the next request, to a server. */
  surplus: Uint8Array;
}

/** A call of a plugin and how it ended. */
export interface CalloutSeen {
  seen: UpstreamSeen;
  /** HTTP status as text, or `reset`, `never`. */
  answer: string;
}

/** The answer as the client received it. */
export interface ClientSeen {
  /** 0 = nothing came. */
  status: number;
  headers: HeaderPair[];
  body: Uint8Array;
  trailers: HeaderPair[];
  /** Envoy's RESPONSE_CODE_DETAILS: `via_upstream`, or who answered instead. */
  details: string;
  /** False: the stream was reset or the connection closed before the end of the message. */
  complete: boolean;
}

/** Everything visible outside because of one request. */
export interface RequestOutcome {
  callouts: CalloutSeen[];
  upstream: UpstreamSeen[];
  client: ClientSeen;
  /** Change of each counter and gauge, zero changes left out, sorted by name. */
  metrics: [name: string, change: number][];
  /** Filter state written by plugins, in the order the scenario lists the keys. */
  attributes: [key: string, value: string][];
  log: { level: LogLevel; text: string }[];
}

/** What a scenario did. */
export interface Outcome {
  /** False: a plugin refused its configuration; then there are no requests. */
  accepted: boolean;
  /** Log lines of the refusal; empty when accepted. */
  refusal: { level: LogLevel; text: string }[];
  /** One per step. */
  requests: RequestOutcome[];
}
