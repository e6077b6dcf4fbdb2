import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { Breaker } from "./breaker";
import { ChainMatch } from "./chain-match";
import { ChainMetrics, TargetMetrics } from "./metrics";
import { Target } from "./target";
import { Trace } from "./trace";

/** A target as one chain knows it. */
@final
export class Link {
  constructor(
    readonly target: Target,
    readonly metrics: TargetMetrics,
    /** Null: nothing could be steered away from it. */
    readonly breaker: Breaker | null,
  ) {}
}

/** Targets of the same rank share its requests; most ranks have one. */
@final
export class Rank {
  readonly links: Link[] = [];
}

/** Targets in the order in which they are asked. */
@final
export class Chain {
  readonly metrics: ChainMetrics;
  readonly ranks: Rank[] = [];

  constructor(
    readonly name: Slice,
    readonly match: ChainMatch,
    /** Holds all targets in this order; no bytes: the route says it. `native` only. */
    readonly cluster: Slice,
    /** Those that begin with a later target, by how many are left out. `native` only. */
    readonly breakerClusters: Slice[],
    readonly log: PluginLog,
  ) {
    this.metrics = new ChainMetrics(name);
  }

  /** Adds the next target, to the last rank when both say so. */
  add(link: Link): void {
    const rank = link.target.rank;
    const last = this.ranks.length - 1;
    if (rank >= 0 && last >= 0 && this.ranks[last].links[0].target.rank == rank) {
      this.ranks[last].links.push(link);
      return;
    }
    const next = new Rank();
    next.links.push(link);
    this.ranks.push(next);
  }

  /** The target of this name, or null. */
  find(name: Slice): Link | null {
    for (let i = 0; i < this.ranks.length; i++) {
      const links = this.ranks[i].links;
      for (let j = 0; j < links.length; j++) {
        if (links[j].target.name.equals(name)) return links[j];
      }
    }
    return null;
  }

  /** Where the router begins behind so many ranks; no bytes: the route knows. `native` only. */
  clusterBehind(skipped: i32): Slice {
    if (skipped == 0 && !this.cluster.isEmpty) return this.cluster;
    return skipped < this.breakerClusters.length ? this.breakerClusters[skipped] : NO_BYTES;
  }

  /** The first target of the chain. */
  get primary(): Slice {
    return this.ranks[0].links[0].target.name;
  }

  /** What a fallback is one from: the primary, or the one of its rank that was asked in its place. */
  primaryOf(trace: Trace): Slice {
    const peers = this.ranks[0].links;
    for (let i = 0; i < peers.length && trace.count > 0; i++) {
      const name = peers[i].target.name;
      if (name.equals(trace.entries[0].target)) return name;
    }
    return this.primary;
  }
}
