import { Builder, digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { appendShortHash, ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { Breaker } from "./breaker";
import { Chain, Link } from "./chain";
import { ChainMatch } from "./chain-match";
import { FallbackConfig, findTarget, Strategy } from "./config";
import { TargetMetrics } from "./metrics";
import { findSection } from "./section";
import { isName, Target } from "./target";

const COLON: u8 = 0x3a;
const SLASH: u8 = 0x2f;

/** Reads `chains`; without any, one chain of all targets is for every request. */
export function readChains(reader: ConfigReader, config: FallbackConfig, log: PluginLog): Chain[] {
  const parser = new ChainsParser(reader, config, log);
  return reader.isEmpty("chains") ? [parser.whole()] : parser.parse();
}


@final
class ChainsParser {
  /** Of keys of shared data: names the list of targets, so that a changed list begins anew. */
  private readonly keyPrefix: Slice;

  constructor(
    private readonly reader: ConfigReader,
    private readonly config: FallbackConfig,
    private readonly log: PluginLog,
  ) {
    const text = new Builder(256);
    for (let i = 0; i < config.targets.length; i++) {
      const target = config.targets[i];
      text.append(target.name).appendByte(0).append(target.cluster).appendByte(0);
      text.append(target.host).appendByte(0);
    }
    const prefix = new Builder().appendText("model-fallback:");
    appendShortHash(prefix, text.view());
    this.keyPrefix = prefix.appendByte(COLON).toSlice();
  }

  whole(): Chain {
    const chain = new Chain(digits(0), new ChainMatch(), NO_BYTES, [], this.log);
    const targets = this.config.targets;
    for (let i = 0; i < targets.length; i++) this.link(chain, targets[i]);
    return chain;
  }

  parse(): Chain[] {
    const chains: Chain[] = [];
    const entries = this.reader.objects("chains");
    for (let i = 0; i < entries.length && !this.reader.errors.any; i++) {
      const chain = this.read(entries[i], i);
      for (let j = 0; j < chains.length; j++) {
        if (chains[j].name.equals(chain.name)) entries[i].refuse("name", "is taken already");
      }
      chains.push(chain);
    }
    return chains;
  }

  private read(entry: ConfigReader, index: i32): Chain {
    const name = entry.text("name", digits(index));
    if (!isName(name)) entry.refuse("name", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    const label = name.toString();
    const clusters = entry.texts("breakerClusters");
    const matchEntry = findSection(entry, "match");
    const match = matchEntry === null ? new ChainMatch() : ChainMatch.read(matchEntry);
    const chain = new Chain(name, match, entry.text("cluster"), clusters, this.log);
    const names = entry.texts("targets");
    if (names.length == 0) entry.refuse("targets", "must not be empty");
    for (let i = 0; i < names.length && !entry.errors.any; i++) {
      const target = findTarget(this.config.targets, names[i]);
      if (target === null) {
        entry.refuseWith("unknown target in chain " + label + ": " + names[i].toString());
      } else if (chain.find(target.name) !== null) {
        entry.refuse("targets", "holds " + names[i].toString() + " twice");
      } else {
        this.link(chain, target);
      }
    }
    this.checkClusters(entry, chain);
    return chain;
  }

  private checkClusters(entry: ConfigReader, chain: Chain): void {
    const clusters = chain.breakerClusters;
    if (clusters.length > chain.ranks.length) {
      entry.refuse("breakerClusters", "must not be longer than the chain");
    }
    for (let i = 1; i < clusters.length; i++) {
      if (clusters[i].isEmpty) entry.refuse("breakerClusters", "must hold a cluster each");
    }
    if (this.config.strategy != Strategy.Native) return;
    const needsHeader = clusters.length > 1;
    if (needsHeader && this.config.clusterHeader.isEmpty) {
      entry.refuse("breakerClusters", "needs clusterHeader");
    }
  }

  private link(chain: Chain, target: Target): void {
    const metrics = new TargetMetrics(chain.name, target.name);
    chain.add(new Link(target, metrics, this.breakerOf(chain, target, metrics)));
  }

  /** The router asks in its own order unless it is given a cluster that begins later. */
  private breakerOf(chain: Chain, target: Target, metrics: TargetMetrics): Breaker | null {
    const options = this.config.breaker;
    const steers = this.config.strategy != Strategy.Native || chain.breakerClusters.length > 1;
    if (!options.isEnabled || !steers) return null;
    const place = new Builder().append(chain.name).appendByte(SLASH).append(target.name).view();
    const key = new Builder().append(this.keyPrefix).append(place).toSlice();
    return new Breaker(options, key, place.toString(), metrics, this.log);
  }
}
