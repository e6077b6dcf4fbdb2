import { cluster, clusterOfOthers, wasmFilter, type ClusterOptions } from "./bootstrap.js";
import type { Play } from "./backend.js";
import {
  answerOf,
  BACKEND,
  clustersOf,
  ownClustersOf,
  targetsOf,
  type Json,
  type PluginUse,
} from "../scenario/scenario.js";

/** Clusters of all plays with the one thing about them that cannot change at run time. */
export function clusterKinds(plays: readonly Play[]): Map<string, "live" | "refused" | "empty"> {
  const kinds = new Map<string, "live" | "refused" | "empty">();
  for (const { scenario } of plays) {
    for (const name of clustersOf(scenario)) {
      const own = answerOf(scenario.answers, name, 0).kind;
      const kind = own === "refused" || own === "empty" ? own : "live";
      if ((kinds.get(name) ?? kind) !== kind) {
        throw new Error(`${scenario.file}: cluster ${name} is ${kind} here and not elsewhere`);
      }
      kinds.set(name, kind);
    }
  }
  return kinds.size ? kinds : new Map([[BACKEND, "live"]]);
}

/** Endpoint metadata by cluster; it cannot change at run time. */
export function endpointMetadata(plays: readonly Play[]): Map<string, Record<string, Json>> {
  const known = new Map<string, Record<string, Json>>();
  for (const { scenario } of plays) {
    for (const [name, { metadata }] of Object.entries(scenario.env.clusters)) {
      if (!metadata) continue;
      const before = known.get(name) ?? metadata;
      if (JSON.stringify(before) !== JSON.stringify(metadata)) {
        throw new Error(`${scenario.file}: cluster ${name} has other metadata elsewhere`);
      }
      known.set(name, metadata);
    }
  }
  return known;
}

/**
 * Content of the clusters file for one play.
 *
 * @param changing clusters that some play wants otherwise than the others do
 * @param wasmFile path of a plugin's module
 */
export function clustersFor(
  { id, scenario }: Play,
  changing: readonly ClusterOptions[],
  wasmFile: (plugin: PluginUse) => string,
): object[] {
  const own = ownClustersOf(scenario);
  const optionsOf = (name: string): Pick<ClusterOptions, "maxRetries" | "filters"> => ({
    maxRetries: scenario.env.clusters[name]?.maxRetries,
    filters: scenario.plugins
      .filter((plugin) => plugin.upstream === name)
      .map((plugin, i) => wasmFilter({ ...plugin, file: wasmFile(plugin) }, id, i)),
  });
  const leaves = changing.map((options) =>
    cluster(own.includes(options.name) ? { ...options, ...optionsOf(options.name) } : options),
  );
  const outer = Object.entries(scenario.env.clusters).flatMap(([name, rule]) =>
    targetsOf(rule).length ? [clusterOfOthers(rule, { name, ...optionsOf(name) })] : [],
  );
  return [...leaves, ...outer];
}
