// Admin calls of every kind, for the harness and for a real Envoy.

export const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "X-OTHER",
];
const BODIES: [string, string | null][] = [
  ["no body", null],
  ["an empty body", ""],
  ["a form", "consumer=bob&quota=5&value=5"],
  ["half a form", "consumer=bo"],
  ["JSON", '{"consumer":"bob","quota":5,"value":5}'],
  ["bytes", "\0\xff\xfe%%%&&&==="],
  ["a long body", "consumer=bob&quota=1&value=1&".repeat(10_000)],
];
const HEADERS: [string, Record<string, string>][] = [
  ["plain", {}],
  ["form", { "content-type": "application/x-www-form-urlencoded" }],
  ["gzip", { "content-encoding": "gzip" }],
  ["identity", { "content-encoding": "identity" }],
  ["octets", { "content-type": "application/octet-stream" }],
  ["gRPC", { "content-type": "application/grpc" }],
  ["WebSocket", { connection: "Upgrade", upgrade: "websocket" }],
  ["upgrade", { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" }],
  ["multipart", { "content-type": "multipart/form-data; boundary=b" }],
];
const PATHS = ["", "/refresh", "/delta", "/list", "/report"].flatMap((path) => [
  path,
  `${path}?consumer=bob`,
  `${path}?consumer=bob&quota=5&value=5`,
]);

const SHAPES = ["whole", "chunked", "cut", "trailers"] as const;

/** One admin call. */
export interface Call {
  path: string;
  body: string;
  bytes: Buffer | null;
  kind: string;
  headers: Record<string, string>;
  shape: "whole" | "chunked" | "cut" | "trailers";
}

/**
 * Those calls of `everyCall` that `method` makes. The methods take turns, so that each call is made
 * once, and each method meets every path, body, kind of body and shape.
 */
export function* callsOf(method: string, isPeer: boolean): Generator<Call> {
  let turn = METHODS.indexOf(method);
  let path = "";
  for (const call of everyCall(isPeer)) {
    // One turn more at each path: the calls of a path are a multiple of the methods.
    if (call.path !== path) turn++;
    path = call.path;
    if (turn++ % METHODS.length === 0) yield call;
  }
}

/** Every path, body, kind of body and shape on the wire. */
function* everyCall(isPeer: boolean): Generator<Call> {
  // Of the peer's paths only those that it answers; the others are ordinary ones to it.
  const paths = isPeer ? PATHS.filter((path) => !/list|report/.test(path)) : PATHS;
  for (const path of paths) {
    for (const [kind, headers] of HEADERS) {
      for (const [body, text] of BODIES) {
        const bytes = text === null ? null : Buffer.from(text, "latin1");
        // A body that is not there has no shape.
        const shapes = bytes === null ? ["whole" as const] : SHAPES;
        for (const shape of shapes) yield { path, body, bytes, kind, headers, shape };
      }
    }
  }
}

/** What a failure is reported with. */
export function describeCall({ path, body, kind, shape }: Call): string {
  return `${path}, ${body}, ${kind}, ${shape}`;
}

/** The body in the pieces that the call sends. */
export function piecesOf({ bytes, shape }: Call): Buffer[] {
  if (bytes === null) return [];
  const half = bytes.length >> 1;
  return shape === "cut" ? [bytes.subarray(0, half), bytes.subarray(half)] : [bytes];
}
