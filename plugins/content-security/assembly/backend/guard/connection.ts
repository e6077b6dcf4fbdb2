import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import {
  Cluster,
  dnsCluster,
  HttpClient,
  kubernetesCluster,
  nacosCluster,
  NacosService,
  staticCluster,
} from "@ai-gateway-wasm/kit/http-client";
import { AUTHORIZATION, bearer, Service } from "../service";
import { Spellings } from "./spellings";

const DEFAULT_TIMEOUT_MS: i64 = 2000;
const NO_KEY: Slice = bytes("EMPTY");

const KUBERNETES: Slice = bytes("k8s");
const NACOS: Slice = bytes("nacos");
const ADDRESSES: Slice = bytes("ip");
const DNS: Slice = bytes("dns");
const DEFAULT_NAMESPACE: Slice = bytes("default");

/** The service of the fields of the qwen3guard plugin (content-security.md 2.7). */
export function readGuardService(fields: Spellings): Service {
  const timeoutMs = <i32>fields.positive("timeout_ms", "timeoutMs", DEFAULT_TIMEOUT_MS);
  const cluster = readCluster(fields);
  const service = new Service(new HttpClient(cluster, timeoutMs));
  const key = fields.text("api_key", "apiKey", NO_KEY);
  service.addKey(fields.config, AUTHORIZATION, bearer(key));
  return service;
}

/** Errors in the peer's order and words. */
function readCluster(fields: Spellings): Cluster {
  const source = fields.required("service_source", "serviceSource");
  const name = fields.required("service_name", "serviceName");
  const port = <i32>fields.requiredPositive("service_port", "servicePort");
  const namespace = trim(fields.config.text("namespace"));
  if (source.equals(KUBERNETES)) {
    return kubernetesCluster(name, namespace.isEmpty ? DEFAULT_NAMESPACE : namespace, port);
  }
  if (source.equals(NACOS)) {
    const registered = new NacosService(name, port);
    registered.namespaceId = namespace;
    return nacosCluster(registered);
  }
  if (source.equals(ADDRESSES)) return staticCluster(name, port);
  if (!source.equals(DNS)) fields.refuse("unknown service_source: " + source.toString());
  return dnsCluster(name, port, readDomain(fields));
}

function readDomain(fields: Spellings): Slice {
  const domain = trim(fields.config.text("domain"));
  if (!domain.isEmpty) return domain;
  fields.refuse("domain is required when service_source is dns");
  return NO_BYTES;
}
