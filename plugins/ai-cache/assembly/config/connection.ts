import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Cluster, fqdnCluster, literalCluster } from "@ai-gateway-wasm/kit/http-client";

/** The service of a block, or the cluster that it names (`cluster`). @param port what its kind has */
export function readCluster(block: ConfigReader, port: i32): Cluster {
  const host = block.text("serviceHost");
  const literal = block.text("cluster");
  if (!literal.isEmpty) return literalCluster(literal, host.isEmpty ? literal : host);
  return fqdnCluster(block.text("serviceName"), port, host);
}

/** Whether a block says where its service is. */
export function namesService(block: ConfigReader): bool {
  return !block.text("serviceName").isEmpty || !block.text("cluster").isEmpty;
}
