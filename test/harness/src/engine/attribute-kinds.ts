import { decodePairs } from "../abi/pairs.js";
import { fromBytes, toText } from "../abi/text.js";
import type { CelLibrary } from "./cel-library.js";

type Kind = "int" | "uint" | "bool" | "time" | "duration" | "map" | "bytes" | "string";

/** Attributes that are not text (harness.md 5.5). */
const KINDS: Record<string, Kind> = {
  "request.size": "int",
  "request.total_size": "int",
  "request.time": "time",
  "request.duration": "duration",
  "request.headers": "map",
  "response.code": "int",
  "response.size": "int",
  "response.total_size": "int",
  "response.flags": "int",
  "response.grpc_status": "int",
  "response.backend_latency": "duration",
  "response.headers": "map",
  "response.trailers": "map",
  "source.port": "int",
  "destination.port": "int",
  "upstream.port": "int",
  "upstream.request_attempt_count": "uint",
  "connection.id": "uint",
  "connection.mtls": "bool",
  "xds.listener_direction": "int",
  connection_id: "uint",
};
/** Names of one segment that are the host's own. */
const NAMES = new Set([
  "plugin_name",
  "plugin_root_id",
  "plugin_vm_id",
  "cluster_name",
  "route_name",
]);

/** Attributes that are protobuf messages. */
const MESSAGES = /^(metadata|xds\.node(\.locality)?|xds\.\w+_metadata)$/;

/** Is it a message, whose fields have names and which is no value here? */
export function isMessage(path: readonly string[]): boolean {
  return MESSAGES.test(path.join("."));
}

/** CEL value of a property; `text` says that the plugin declared it to be a string. */
export function celValue(
  path: readonly string[],
  bytes: Uint8Array,
  text: boolean,
  library: CelLibrary,
): unknown {
  const int = () => new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
  switch (kindOf(path, text)) {
    case "int":
      return int();
    case "uint":
      return library.uint(BigInt.asUintN(64, int()));
    case "bool":
      return bytes[0] === 1;
    case "time":
      return new Date(Number(int() / 1_000_000n));
    case "duration":
      return library.parse(`duration("${int()}ns")`)({});
    case "map":
      return new Map((decodePairs(bytes) ?? []).map(([name, value]) => [name, toText(value)]));
    case "bytes":
      return bytes;
    default:
      return toText(fromBytes(bytes));
  }
}

function kindOf(path: readonly string[], text: boolean): Kind {
  const known = KINDS[path.join(".")];
  if (known) return known;
  if (path[0] === "filter_state") return "bytes";
  // What set_property stored is bytes unless declared otherwise.
  return path.length === 1 && !NAMES.has(path[0]!) && !text ? "bytes" : "string";
}
