import { randomU64 } from "proxy-wasm-as";
import { ADMITTED, NOT_ADMITTED } from "./breaker";
import { Chain, Link, Rank } from "./chain";
import { RequestFeatures } from "./request-features";
import { Target } from "./target";

/** A target that is asked to see whether it is well again. */
@final
class Probe {
  constructor(
    readonly link: Link,
    /** As its breaker admitted it. */
    readonly term: i64,
  ) {}
}

/** The targets one request may go to, in order. */
@final
export class Choice {
  /** Those that are left; none only where the breakers are open, and none of them is to be kept. */
  readonly links: Link[] = [];
  /** How many ranks at the head of the chain are left out. */
  skipped: i32 = 0;
  /** Targets that this request probes: their breakers want to know when it is over. */
  readonly probes: Probe[] = [];

  constructor(readonly chain: Chain) {}

  /** Takes back what the breakers were promised. */
  giveBack(): void {
    for (let i = 0; i < this.probes.length; i++) {
      const probe = this.probes[i];
      const breaker = probe.link.breaker;
      if (breaker !== null) breaker.giveBack(probe.term);
    }
  }

  /**
   * For Envoy's router, which asks one rank after the other and can leave none out: a head of the
   * chain is skipped when a cluster begins behind it, and the chain ends before the first rank that
   * must not be asked.
   *
   * @param most attempts at most
   * @param isFixed it begins with the first target, whatever breakers say
   */
  static forRouter(
    chain: Chain,
    request: RequestFeatures,
    most: i32,
    keepsOne: bool,
    isFixed: bool,
  ): Choice {
    const choice = new Choice(chain);
    const ranks = chain.ranks;
    choice.skipped = isFixed ? 0 : choice.findStart(request, keepsOne);
    for (let i = 0; i < choice.skipped; i++) choice.skip(ranks[i]);
    for (let i = choice.skipped; i < ranks.length && choice.links.length < most; i++) {
      const link = choice.eligible(ranks[i], request);
      if (link === null && choice.links.length > 0) break;
      choice.links.push(link === null ? ranks[i].links[0] : link);
    }
    return choice;
  }

  /**
   * The first target and no other, whatever its breaker says.
   *
   * @param draws the first rank is shared by weight; false: the route leads to the target
   */
  static first(chain: Chain, draws: bool): Choice {
    const choice = new Choice(chain);
    const links = chain.ranks[0].links;
    choice.links.push(draws ? byWeight(links)[0] : links[0]);
    return choice;
  }

  /**
   * For a plugin that asks targets itself: each may be left out. Of a rank one target is taken by
   * weight, the others follow.
   *
   * @param most attempts at most
   */
  static free(chain: Chain, request: RequestFeatures, most: i32, keepsOne: bool): Choice {
    const choice = new Choice(chain);
    const open: Link[] = [];
    for (let i = 0; i < chain.ranks.length; i++) {
      const shuffled = byWeight(chain.ranks[i].links);
      for (let j = 0; j < shuffled.length; j++) {
        const link = shuffled[j];
        if (!fits(link.target, request)) continue;
        // A later target is asked only if the first ones fail: its breaker is asked then.
        if (choice.links.length > 0 || choice.isClosed(link)) choice.links.push(link);
        else open.push(link);
      }
    }
    if (choice.links.length == 0 && keepsOne) {
      for (let i = 0; i < open.length; i++) choice.links.push(open[i]);
    } else {
      for (let i = 0; i < open.length; i++) open[i].metrics.skipped.increment();
      choice.skipped = open.length;
    }
    // For nobody: the first target says what it thinks of that.
    if (choice.links.length + open.length == 0) choice.links.push(chain.ranks[0].links[0]);
    if (choice.links.length > most) choice.links.length = most;
    return choice;
  }

  /** The first rank that may be asked, of those that a cluster begins with. */
  private findStart(request: RequestFeatures, keepsOne: bool): i32 {
    const ranks = this.chain.ranks;
    const count = this.chain.breakerClusters.length;
    for (let i = 0; i < count; i++) {
      if (this.admits(ranks[i], request)) return i;
    }
    // None. Where no cluster begins later the last one has to do.
    if (count < ranks.length) return max(0, count - 1);
    // All are open, or none is for this request: the whole chain, or nobody.
    return keepsOne || !this.fitsAny(request) ? 0 : count;
  }

  /** Some target takes this kind of request. */
  private fitsAny(request: RequestFeatures): bool {
    const ranks = this.chain.ranks;
    for (let i = 0; i < ranks.length; i++) {
      if (this.eligible(ranks[i], request) !== null) return true;
    }
    return false;
  }

  /** A breaker or a rule leaves these out. */
  private skip(rank: Rank): void {
    for (let i = 0; i < rank.links.length; i++) rank.links[i].metrics.skipped.increment();
  }

  /** Some target of the rank may be asked. */
  private admits(rank: Rank, request: RequestFeatures): bool {
    for (let i = 0; i < rank.links.length; i++) {
      const link = rank.links[i];
      if (fits(link.target, request) && this.isClosed(link)) return true;
    }
    return false;
  }

  /** Asks the breaker; a probe is noted. */
  isClosed(link: Link): bool {
    const breaker = link.breaker;
    const term = breaker === null ? ADMITTED : breaker.admit();
    if (term > ADMITTED) this.probes.push(new Probe(link, term));
    return term != NOT_ADMITTED;
  }

  private eligible(rank: Rank, request: RequestFeatures): Link | null {
    for (let i = 0; i < rank.links.length; i++) {
      if (fits(rank.links[i].target, request)) return rank.links[i];
    }
    return null;
  }
}

/** Whether the target takes this kind of request, whatever its health, and has a key for it. */
export function fits(target: Target, request: RequestFeatures): bool {
  return (
    <i64>request.bodyBytes <= target.maxBodyBytes &&
    target.requirement.holds(request) &&
    target.credential.lendsTo(request.consumer)
  );
}

/** One at random, in proportion to the weights, before the others in their order. */
function byWeight(links: Link[]): Link[] {
  if (links.length < 2) return links;
  let total: i64 = 0;
  for (let i = 0; i < links.length; i++) total += links[i].target.weight;
  if (total == 0) return links;
  let ticket = <i64>(randomU64() % <u64>total);
  let chosen = 0;
  while (ticket >= links[chosen].target.weight) ticket -= links[chosen++].target.weight;
  const order: Link[] = [links[chosen]];
  for (let i = 0; i < links.length; i++) {
    if (i != chosen) order.push(links[i]);
  }
  return order;
}
