import { Status } from "../abi/enums.js";
import { HeaderList } from "../abi/header-list.js";
import { encodePairs } from "../abi/pairs.js";
import { encodeMessage } from "../abi/protobuf.js";
import { fromBytes, toBinary, toBytes } from "../abi/text.js";
import type { HeaderPair } from "../types.js";
import { metadataProperty } from "./metadata.js";
import type { Root } from "./root.js";
import type { Stream } from "./stream.js";
import type { Target } from "./targets.js";
import type { WasmFilter } from "./wasm-filter.js";

type Found = Uint8Array | number | undefined;

/** Names of `xds` that Higress has at the top level, too. */
const TOP_LEVEL = new Set([
  "route_name",
  "cluster_name",
  "route_metadata",
  "cluster_metadata",
  "listener_direction",
  "listener_metadata",
  "node",
  "upstream_host_metadata",
]);
/** Host objects: a path that ends at one cannot be serialized. */
const OBJECTS = new Set(["request", "response", "source", "destination", "connection", "upstream", "xds", "filter_state"]); // prettier-ignore

const EMPTY_MAP = new Uint8Array(4);
const LOCALITY = new Set(["region", "zone", "sub_zone"]);

const text = (value: string): Uint8Array => toBytes(toBinary(value));
/** 8 bytes, little endian. */
export function int64(value: number | bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt(value), true);
  return out;
}
const bool = (value: boolean): Uint8Array => Uint8Array.of(value ? 1 : 0);
const header = (list: HeaderList | null, name: string): Found => {
  const value = list?.get(name);
  return value === undefined ? undefined : toBytes(value);
};

/** Map property: duplicates joined by a comma, 4 zero bytes when empty. */
function headerMap(list: HeaderList): Uint8Array {
  const joined = new Map<string, string>();
  for (const [name, value] of list.pairs) {
    const old = joined.get(name);
    joined.set(name, old === undefined ? value : `${old},${value}`);
  }
  return encodePairs([...joined] as HeaderPair[]);
}

function segments(path: string): string[] {
  return path.replace(/\0$/, "").split("\0");
}

/** Properties without a stream. */
export function rootProperty(root: Root, path: string): Uint8Array | number {
  if (path === "") return Status.SerializationFailure;
  const parts = segments(path);
  const given = root.vm.env.properties.get(parts.join("."));
  if (given) return given;
  return common(root, parts) ?? Status.NotFound;
}

function common(root: Root, parts: string[]): Found {
  const [first = "", second] = parts;
  const { vm } = root;
  if (parts.length === 1) {
    if (first === "plugin_name") return text(root.pluginName);
    if (first === "plugin_root_id") return text(root.rootName);
    if (first === "plugin_vm_id") return text(vm.vmId);
    if (first === "plugin_vm_memory" && vm.profile.controlProperties) return int64(vm.memory.size);
    if (OBJECTS.has(first)) return Status.SerializationFailure;
  }
  return first === "xds" && second === "node" ? node(parts.slice(2)) : undefined;
}

/** The gateway's own node: what of its bootstrap there is without a configuration. */
function node([field, ...rest]: readonly string[]): Found {
  const [id, cluster] = [text("proxy-wasm-test"), text("test")];
  switch (field) {
    case undefined:
      return encodeMessage([
        [1, id],
        [2, cluster],
      ]);
    case "id":
      return id;
    case "cluster":
      return cluster;
    case "metadata":
      return rest.length === 0 ? EMPTY_MAP : undefined;
    case "locality":
      return rest.length === 0 || LOCALITY.has(rest[0]!) ? text("") : undefined;
    default:
      return undefined;
  }
}

/** Properties of a stream, in the host's order of lookup (harness.md §5.5). */
export function streamProperty(filter: WasmFilter, path: string): Uint8Array | number {
  if (path === "") return Status.SerializationFailure;
  const { stream, root } = filter;
  const parts = segments(path);
  const given = stream.env.properties.get(parts.join("."));
  if (given) return given;
  const found = attribute(filter, stream, parts) ?? common(root, parts);
  if (found !== undefined) return found;
  if (TOP_LEVEL.has(parts[0]!)) {
    const alias = ["xds", ...parts];
    if (stream.env.profile.topLevelRouteName) {
      // Higress asks for the route itself, which chooses it (host.md 5.1); `xds` reads what was noted.
      if (stream.decode.headers) stream.router.choice.choose(stream.decode.headers);
      return attribute(filter, stream, alias) ?? common(root, alias) ?? Status.NotFound;
    }
    const where = `${alias.join(".")} (${alias.length === 2 ? "two" : alias.length} segments)`;
    filter.vm.note("S21", `property "${parts.join(".")}" is unknown to this host; it is ${where}`);
  }
  // A path with NUL can be stored but not read back, except in the Go emulator.
  const { emulator } = stream.env.profile;
  if (parts.length > 1 && !emulator) return Status.NotFound;
  return stream.filterState.get(`wasm.${emulator ? path : parts[0]}`) ?? Status.NotFound;
}

/** Higress: what setting one of its own properties changes. */
export function controlProperty({ chain, vm }: WasmFilter, path: string, value: Uint8Array): void {
  if (path === "wasm_need_rebuild") vm.asksForRebuild = fromBytes(value) === "true";
  const limit = Number(fromBytes(value));
  if (!Number.isFinite(limit)) return;
  if (path === "set_decoder_buffer_limit") chain.setLimit("request", limit);
  if (path === "set_encoder_buffer_limit") chain.setLimit("response", limit);
}

function attribute(filter: WasmFilter, stream: Stream, parts: string[]): Found {
  const [first = "", second = "", third] = parts;
  switch (first) {
    case "connection_id":
      return parts.length === 1 ? int64(1) : undefined;
    case "request":
      return request(filter, stream, second, third);
    case "response":
      return response(filter, stream, second, third);
    case "xds":
      return xds(stream, second, parts.slice(2));
    case "source":
      return second === "address"
        ? text("127.0.0.1:40000")
        : second === "port"
          ? int64(40000)
          : undefined;
    case "destination":
      return second === "address"
        ? text("127.0.0.1:10000")
        : second === "port"
          ? int64(10000)
          : undefined;
    case "connection":
      if (second === "id") return int64(1);
      if (second === "requested_server_name") return text("");
      return second === "mtls" ? bool(false) : undefined;
    case "upstream":
      return upstream(stream, second);
    case "metadata":
      // Dynamic metadata, which no filter of the harness sets.
      return metadataProperty({}, parts.slice(1));
    case "filter_state":
      return stream.filterState.get(parts.slice(1).join("\0"));
    default:
      return undefined;
  }
}

/** `address` is empty while there is no upstream. */
function upstream(stream: Stream, name: string): Found {
  const { address, attempt } = stream.router;
  if (name === "request_attempt_count") return int64(attempt);
  if (!address) return undefined;
  if (name === "address") return text(address);
  if (name === "port") return int64(Number(address.split(":")[1] ?? 0));
  if (name === "local_address") return text("127.0.0.1:50000");
  if (name === "transport_failure_reason") return text(stream.router.failureReason);
  return undefined;
}

function xds(stream: Stream, name: string, path: readonly string[]): Found {
  const { target, choice } = stream.router;
  const { route } = choice;
  switch (name) {
    case "upstream_host_metadata":
      return hostMetadata(target, path);
    case "route_metadata":
      return route ? metadataProperty(route.metadata ?? {}, path) : undefined;
    case "cluster_metadata":
      return stream.router.clusterName ? metadataProperty({}, path) : undefined;
    case "virtual_host_metadata":
    case "listener_metadata":
      return metadataProperty({}, path);
    case "listener_direction":
      return int64(0);
    case "route_name":
      return route ? text(route.name ?? "") : undefined;
    case "cluster_name": {
      const cluster = stream.router.clusterName;
      return cluster ? text(cluster) : undefined;
    }
    case "virtual_host_name":
      return text("default");
    case "filter_chain_name":
      return text("");
    default:
      return undefined;
  }
}

/** A host without metadata has a message that is not there, which cannot be serialized. */
function hostMetadata(target: Target | null, path: readonly string[]): Found {
  if (target?.traits.metadata) return metadataProperty(target.traits.metadata, path);
  return target && path.length === 0 ? Status.SerializationFailure : undefined;
}

const REQUEST_HEADERS: Record<string, string> = {
  path: ":path",
  host: ":authority",
  scheme: ":scheme",
  method: ":method",
  referer: "referer",
  useragent: "user-agent",
  id: "x-request-id",
};

/** Times may be fractions of milliseconds. */
function nanoseconds(ms: number): bigint {
  const whole = Math.trunc(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

function request(filter: WasmFilter, stream: Stream, name: string, key?: string): Found {
  switch (name) {
    case "time":
      return int64(nanoseconds(stream.startedAt));
    case "protocol":
      return text(stream.env.downstream === "h1" ? "HTTP/1.1" : "HTTP/2");
    case "size": {
      const declared = filter.visibleHeaders("request")?.get("content-length") ?? "";
      return int64(/^\d+$/.test(declared) ? BigInt(declared) : stream.requestBytes);
    }
    case "total_size":
      return int64(stream.requestBytes + (stream.decode.headers?.byteSize ?? 0));
    case "duration":
      return stream.finished
        ? int64(nanoseconds(stream.env.scheduler.wallMs() - stream.startedAt))
        : undefined;
    default:
      break;
  }
  const list = filter.visibleHeaders("request");
  if (!list) return undefined;
  const path = list.get(":path") ?? "";
  if (name === "url_path") return toBytes(path.split("?")[0]!);
  if (name === "query") return toBytes(path.includes("?") ? path.slice(path.indexOf("?") + 1) : "");
  if (name === "headers")
    return key === undefined ? headerMap(list) : header(list, key.toLowerCase());
  const source = REQUEST_HEADERS[name];
  return source ? header(list, source) : undefined;
}

/** What is known before there is a response, too. */
function response(filter: WasmFilter, stream: Stream, name: string, key?: string): Found {
  const { headers, trailers } = stream.encode;
  switch (name) {
    case "flags":
      return int64(stream.flags);
    case "size":
      return int64(stream.responseBytes);
    case "total_size":
      return int64(stream.responseBytes + (headers?.byteSize ?? 0));
    case "code_details":
      return stream.details ? text(stream.details) : undefined;
    case "trailers":
      if (key === undefined) return trailers ? headerMap(trailers) : EMPTY_MAP;
      return header(trailers, key.toLowerCase());
    default:
      return headers ? begunResponse(filter, headers, name, key) : undefined;
  }
}

function begunResponse(
  filter: WasmFilter,
  headers: HeaderList,
  name: string,
  key: string | undefined,
): Found {
  const { stream } = filter;
  switch (name) {
    case "code": {
      const code = stream.finished ? headers.get(":status") : stream.originalStatus;
      return int64(Number(code ?? 0));
    }
    case "headers": {
      const list = filter.visibleHeaders("response");
      if (key === undefined) return headerMap(list ?? new HeaderList());
      return list ? header(list, key.toLowerCase()) : undefined;
    }
    case "grpc_status": {
      const list = stream.encode.trailers ?? headers;
      return int64(Number(list.get("grpc-status") ?? 2));
    }
    case "backend_latency":
      return stream.finished ? int64(nanoseconds(stream.router.latencyMs ?? 0)) : undefined;
    default:
      return undefined;
  }
}
