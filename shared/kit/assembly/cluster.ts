import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";
import { clusterName } from "./rules/request-facts";

const AUTHORITY: Slice = bytes(":authority");
const DEFAULT_NAMESPACE: Slice = bytes("default");
const DEFAULT_NACOS_GROUP: Slice = bytes("DEFAULT-GROUP");

/** An upstream as the gateway knows it, and the host name requests to it carry. */
@final
export class Cluster {
  constructor(
    /** What host calls want: `outbound|443||api.example.dns`, or a name of the operator's own. */
    readonly name: Slice,
    /** `:authority` of requests whose URL has no host; no bytes for none. */
    readonly host: Slice,
  ) {}
}

/** A service in the registry of Nacos (host.md 5.6); the fields left alone are the defaults. */
@final
export class NacosService {
  version: Slice = NO_BYTES;
  /** No bytes: DEFAULT-GROUP. */
  group: Slice = NO_BYTES;
  namespaceId: Slice = NO_BYTES;
  /** A registry of EDAS or SAE. */
  isExtended: bool = false;
  host: Slice = NO_BYTES;

  constructor(
    readonly service: Slice,
    readonly port: i32,
  ) {}
}

/** The cluster of `service_name` and `service_port`, as most plugins are configured. */
export function fqdnCluster(fqdn: Slice, port: i32, host: Slice = NO_BYTES): Cluster {
  return new Cluster(outbound(port, NO_BYTES).append(fqdn).toSlice(), either(host, fqdn));
}

/** A Kubernetes service. The name falls back to namespace `default`, the host does not (host.md 5.6). */
export function kubernetesCluster(
  service: Slice,
  namespace: Slice,
  port: i32,
  version: Slice = NO_BYTES,
  host: Slice = NO_BYTES,
): Cluster {
  const name = outbound(port, version);
  appendKubernetesName(name, service, either(namespace, DEFAULT_NAMESPACE));
  const fallback = new Builder();
  appendKubernetesName(fallback, service, namespace);
  return new Cluster(name.toSlice(), either(host, fallback.toSlice()));
}

/** Fixed addresses under a name: `<service>.static`. */
export function staticCluster(service: Slice, port: i32, host: Slice = NO_BYTES): Cluster {
  const name = outbound(port, NO_BYTES).append(service).appendText(".static");
  return new Cluster(name.toSlice(), either(host, service));
}

/** A name resolved by DNS: `<service>.dns`. @param domain host name of requests */
export function dnsCluster(service: Slice, port: i32, domain: Slice): Cluster {
  return new Cluster(outbound(port, NO_BYTES).append(service).appendText(".dns").toSlice(), domain);
}

/** A service registered in Nacos: `<service>.<group>.<namespace>.nacos`. */
export function nacosCluster(registered: NacosService): Cluster {
  const name = outbound(registered.port, registered.version)
    .append(registered.service)
    .appendByte(0x2e);
  const group = either(registered.group, DEFAULT_NACOS_GROUP);
  for (let i = 0; i < group.length; i++) {
    const byte = group.at(i);
    name.appendByte(byte == 0x5f ? 0x2d : <u8>byte); // '_' is not allowed in a host name
  }
  name
    .appendByte(0x2e)
    .append(registered.namespaceId)
    .appendText(registered.isExtended ? ".nacos-ext" : ".nacos");
  return new Cluster(name.toSlice(), either(registered.host, registered.service));
}

/** A service registered in Consul: `<service>.<datacenter>.consul`. */
export function consulCluster(
  service: Slice,
  datacenter: Slice,
  port: i32,
  host: Slice = NO_BYTES,
): Cluster {
  const name = outbound(port, NO_BYTES).append(service).appendByte(0x2e).append(datacenter);
  return new Cluster(name.appendText(".consul").toSlice(), either(host, service));
}

/** A cluster by the name it has in the gateway (`cluster_name`). */
export function literalCluster(name: Slice, host: Slice = NO_BYTES): Cluster {
  return new Cluster(name.kept(), host.kept());
}

/**
 * The cluster of the running request's route, in memory of its own; no bytes as name when the host
 * does not know it. Only in a callback of a stream, for the header map.
 */
export function routeCluster(host: Slice = NO_BYTES): Cluster {
  const authority = host.isEmpty ? requestHeaders.get(AUTHORITY) : host;
  return new Cluster(clusterName().kept(), authority === null ? NO_BYTES : authority.kept());
}

/** `outbound|<port>|<version>|`, to be continued. */
function outbound(port: i32, version: Slice): Builder {
  return new Builder()
    .appendText("outbound|")
    .appendInteger(port)
    .appendByte(0x7c)
    .append(version)
    .appendByte(0x7c);
}

function appendKubernetesName(to: Builder, service: Slice, namespace: Slice): void {
  to.append(service).appendByte(0x2e).append(namespace).appendText(".svc.cluster.local");
}

function either(first: Slice, second: Slice): Slice {
  return (first.isEmpty ? second : first).kept();
}
