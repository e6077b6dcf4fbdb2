import { HeaderList } from "../abi/header-list.js";

/** Codes of gRPC used here. */
export const Grpc = {
  Ok: 0,
  Unknown: 2,
  DeadlineExceeded: 4,
  Internal: 13,
  Unavailable: 14,
} as const;

const FROM_HTTP: Record<string, number> = {
  "400": Grpc.Internal,
  "401": 16,
  "403": 7,
  "404": 12,
  "429": Grpc.Unavailable,
  "502": Grpc.Unavailable,
  "503": Grpc.Unavailable,
  "504": Grpc.Unavailable,
};

/** Code of an HTTP status without grpc-status. */
export function grpcFromHttp(status: string | undefined): number {
  return FROM_HTTP[status ?? ""] ?? Grpc.Unknown;
}

/** Code in trailers or headers; -1 = not a code of gRPC, undefined = none. */
export function grpcStatusOf(list: HeaderList): number | undefined {
  const text = list.get("grpc-status");
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) && Number(text) <= 16 ? Number(text) : -1;
}

/** A message as the guest reads it: with the details of the response behind. */
export function explained(message: string, details: string): string {
  return message === "" ? details : `${message}{${details}}`;
}

/** What the proxy itself answers to a gRPC request that met no upstream. */
export interface ProxyReply {
  message: string;
  details: string;
}

/** The connection broke before any header. */
export function brokenReply(reason: string): ProxyReply {
  const cause = reason.replaceAll(" ", "_");
  const more =
    reason === "remote connection failure" ? "|delayed_connect_error:_Connection_refused" : "";
  return {
    message: `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`,
    details: `upstream_reset_before_response_started{${cause}${more}}`,
  };
}

export const TIMEOUT_REPLY: ProxyReply = {
  message: "upstream request timeout",
  details: "response_timeout",
};

export const NOWHERE_REPLY: ProxyReply = {
  message: "no healthy upstream",
  details: "no_healthy_upstream",
};

/** What a gRPC library calls metadata: nothing of the protocol itself. */
export function metadataOf(headers: HeaderList): HeaderList {
  const own = /^(:|content-type$|grpc-(status|message)$|x-envoy-upstream-service-time$)/;
  return new HeaderList(headers.pairs.filter(([name]) => !own.test(name)));
}

/** Five-byte gRPC frame around a message. */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(5 + message.length);
  new DataView(out.buffer).setUint32(1, message.length);
  out.set(message, 5);
  return out;
}
