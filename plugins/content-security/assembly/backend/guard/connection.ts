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
import { AUTHORIZATION, bearer, DEFAULT_TIMEOUT_MS, readMaxChars, Service } from "../service";
import { Spellings } from "./spellings";

const NO_KEY: Slice = bytes("EMPTY");

const KUBERNETES: Slice = bytes("k8s");
const NACOS: Slice = bytes("nacos");
const ADDRESSES: Slice = bytes("ip");
const DNS: Slice = bytes("dns");
const DEFAULT_NAMESPACE: Slice = bytes("default");

/**
 * The service of the fields of the qwen3guard plugin (content-security.md 2.7).
 *
 * @param isOurs it is a back end of ours, of which `maxChars` and `headers` count, too
 */
export function readGuardService(fields: Spellings, isOurs: bool): Service {
  const config = fields.config;
  const timeoutMs = <i32>fields.positive("timeout_ms", "timeoutMs", DEFAULT_TIMEOUT_MS);
  const client = new HttpClient(readCluster(fields), timeoutMs);
  const service = new Service(client, isOurs ? readMaxChars(config) : i32.MAX_VALUE);
  if (isOurs) service.readHeaders(config);
  const key = fields.text("api_key", "apiKey", NO_KEY);
  service.addKey(config, AUTHORIZATION, bearer(key));
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
