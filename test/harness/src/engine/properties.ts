import { Status } from "../abi/enums";
import { HeaderList } from "../abi/header-list";
import { encodePairs } from "../abi/pairs";
import { fromBytes, toBinary, toBytes } from "../abi/text";
import type { HeaderPair, Json } from "../types";
import type { Root } from "./root";
import type { Stream } from "./stream";
import type { WasmFilter } from "./wasm-filter";

type Found = Uint8Array | number | undefined;

const TOP_LEVEL = new Map([
  ["route_name", "xds.route_name"],
  ["cluster_name", "xds.cluster_name"],
  ["route_metadata", "xds.route_metadata"],
  ["cluster_metadata", "xds.cluster_metadata"],
  ["listener_direction", "xds.listener_direction"],
  ["node", "xds.node"],
]);
/** Host objects: a path that ends at one cannot be serialized. */
const OBJECTS = new Set(["request", "response", "source", "destination", "connection", "upstream", "xds", "filter_state"]); // prettier-ignore

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
  if (first === "xds" && second === "listener_direction") return int64(1);
  if (first === "xds" && second === "node" && parts[2] === "id") return text("proxy-wasm-test");
  if (first === "xds" && second === "node" && parts[2] === "cluster") return text("test");
  return undefined;
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
  const alias = TOP_LEVEL.get(path);
  if (alias) {
    if (stream.env.profile.topLevelRouteName) {
      // Higress asks for the route itself, which chooses it (host.md 5.1); `xds` reads what was noted.
      if (stream.decode.headers) stream.router.choice.choose(stream.decode.headers);
      return attribute(filter, stream, alias.split(".")) ?? Status.NotFound;
    }
    filter.vm.note(
      "S21",
      `property "${path}" is unknown to this host; it is ${alias} (two segments)`,
    );
  }
  // A path with NUL can be stored but not read back, except in the Go emulator.
  if (path.includes("\0") && !stream.env.profile.emulator) return Status.NotFound;
  return stream.filterState.get(`wasm.${path}`) ?? Status.NotFound;
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
  if (name === "transport_failure_reason") return text(stream.router.failureReason);
  return undefined;
}

function xds(stream: Stream, name: string, path: readonly string[]): Found {
  const { target, choice } = stream.router;
  const { route } = choice;
  switch (name) {
    case "upstream_host_metadata":
      return metadata(target?.traits.metadata, path);
    case "route_metadata":
      return metadata(route?.metadata, path);
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

/** A value of `filter_metadata`. */
function metadata(all: Record<string, Json> | undefined, path: readonly string[]): Found {
  const [field, ...keys] = path;
  if (!all || field !== "filter_metadata") return undefined;
  let value: Json | undefined = all;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    value = value[key];
  }
  return value === undefined ? undefined : (serialized(value) ?? Status.SerializationFailure);
}

/** A value of a `google.protobuf.Struct`, lists as pairs without values; null cannot be one. */
function serialized(value: Json): Uint8Array | null {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return double(value);
  if (typeof value === "boolean") return bool(value);
  if (value === null) return null;
  const list = Array.isArray(value);
  const pairs: HeaderPair[] = [];
  for (const [name, item] of Object.entries(value)) {
    const bytes = serialized(item);
    if (!bytes) return null;
    pairs.push(list ? [fromBytes(bytes), ""] : [toBinary(name), fromBytes(bytes)]);
  }
  return encodePairs(pairs);
}

function double(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return out;
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

function request(filter: WasmFilter, stream: Stream, name: string, key?: string): Found {
  switch (name) {
    case "time":
      return int64(BigInt(stream.startedAt) * 1000000n);
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
        ? int64(BigInt(stream.env.scheduler.wallMs() - stream.startedAt) * 1000000n)
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

function response(filter: WasmFilter, stream: Stream, name: string, key?: string): Found {
  const { headers, trailers } = stream.encode;
  if (name === "flags") return int64(stream.flags);
  if (name === "size") return int64(stream.responseBytes);
  if (name === "code_details") return stream.details ? text(stream.details) : undefined;
  if (!headers) return undefined;
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
    case "trailers":
      if (key === undefined) return trailers ? headerMap(trailers) : new Uint8Array(4);
      return header(trailers, key.toLowerCase());
    case "grpc_status":
      return int64(Number((trailers ?? headers).get("grpc-status") ?? 2));
    case "total_size":
      return int64(stream.responseBytes + headers.byteSize);
    case "backend_latency":
      return stream.finished ? int64(BigInt(stream.router.latencyMs ?? 0) * 1000000n) : undefined;
    default:
      return undefined;
  }
}
