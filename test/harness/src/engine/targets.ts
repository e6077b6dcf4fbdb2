import type { ClusterTraits, UpstreamHandler } from "../types.js";
import type { Environment } from "./environment.js";

/** Where one attempt goes. */
export interface Target {
  /** The cluster that has the endpoint; not the one the route names when that is made of others. */
  name: string;
  upstream: UpstreamHandler;
  traits: ClusterTraits;
}

/** The endpoint of a cluster for its n-th attempt (from 1); null when there is none. */
export function targetOf(env: Environment, cluster: string, attempt: number): Target | null {
  const found = env.cluster(cluster);
  if (found?.kind === "upstream") return found.hasEndpoints ? target(cluster, found) : null;
  if (found?.kind !== "targets") return null;
  const leaves = found.names.flatMap((name): (Target | null)[] => {
    const upstream = env.cluster(name);
    if (upstream?.kind !== "upstream") return [];
    return [upstream.hasEndpoints ? target(name, upstream) : null];
  });
  if (found.order === "composite") {
    // A cluster without endpoints is passed over within the attempt, and meets the next one again.
    return leaves.slice(attempt - 1).find((leaf) => leaf !== null) ?? null;
  }
  const alive = leaves.filter((leaf) => leaf !== null);
  return alive[(attempt - 1) % alive.length] ?? null;
}

function target(name: string, upstream: UpstreamHandler): Target {
  return { name, upstream, traits: upstream.traits ?? {} };
}
