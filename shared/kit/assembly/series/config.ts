import { ConfigReader } from "../config/reader";

/**
 * Whether what occurs with every request is counted by route, cluster, model and consumer, too
 * (`metrics.every_request`): that takes two properties of the host, 1 µs each.
 */
export function countsEveryRequest(config: ConfigReader): bool {
  const metrics = config.object("metrics");
  if (metrics === null) return false;
  if (!metrics.value.isObject) config.refuse("metrics", "must be an object");
  return metrics.flag("every_request");
}
