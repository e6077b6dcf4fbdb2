import { HeaderList } from "../abi/header-list.js";
import { fromBytes } from "../abi/text.js";
import type { HeaderPair } from "../types.js";

/** A reply made by a filter or by the proxy, before it becomes headers and a body. */
export interface Reply {
  status: number;
  body: Uint8Array;
  headers: readonly HeaderPair[];
  /** 0–16, else derived from the status for gRPC requests. */
  grpcStatus: number;
  details: string;
}

/** Details as they are logged; a host that names the plugin that replied does so in front. */
export function replyDetails(details: string, plugin: string): string {
  const words = details.replace(/\s/g, "_");
  return plugin ? ["via_wasm", plugin, ...(words ? [words] : [])].join("::") : words;
}

/** What a request gets whose plugin's VM is dead. */
export function failReply(): Reply {
  const details = "wasm_fail_stream";
  return { status: 503, body: new Uint8Array(0), headers: [], grpcStatus: 14, details };
}

const GRPC_STATUS: Record<number, number> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** Header order as Envoy writes it: status, the filter's, content-length, default content-type. */
export function replyHeaders(reply: Reply, grpc: boolean): HeaderList {
  const list = new HeaderList([[":status", String(grpc ? 200 : reply.status)]]);
  for (const [name, value] of reply.headers) list.add(name, value);
  if (grpc) {
    list.replace("content-type", "application/grpc");
    const given = reply.grpcStatus >= 0 && reply.grpcStatus <= 16;
    list.add("grpc-status", String(given ? reply.grpcStatus : (GRPC_STATUS[reply.status] ?? 2)));
    if (reply.body.length > 0) list.add("grpc-message", percentEncoded(reply.body));
    list.remove("content-length");
  } else if (reply.body.length > 0) {
    list.replace("content-length", String(reply.body.length));
    if (!list.has("content-type")) list.add("content-type", "text/plain");
  } else {
    list.remove("content-length");
    list.remove("content-type");
  }
  return list;
}

/** As Envoy writes a message of gRPC (1.40, PercentEncoding::encode). */
function percentEncoded(body: Uint8Array): string {
  return fromBytes(body).replace(/[^\x20-\x7d]|%/g, (byte) => {
    const hex = byte.charCodeAt(0).toString(16).toUpperCase();
    return `%${hex.padStart(2, "0")}`;
  });
}

/** gRPC by content type: `application/grpc` alone or followed by `+`; a parameter makes it none. */
export function isGrpc(headers: HeaderList | null): boolean {
  return /^application\/grpc($|\+)/.test(headers?.get("content-type") ?? "");
}
