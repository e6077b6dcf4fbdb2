// HTTP calls to a cluster, and how clusters are called (host.md 5.6 and 5.7).
export {
  Cluster,
  consulCluster,
  dnsCluster,
  fqdnCluster,
  kubernetesCluster,
  literalCluster,
  nacosCluster,
  NacosService,
  routeCluster,
  staticCluster,
} from "./assembly/cluster";
export { hostError } from "./assembly/host-error";
export { DEFAULT_HTTP_TIMEOUT_MS, HttpClient } from "./assembly/http-client";
export { HttpRequest } from "./assembly/http-request";
