import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "../config/reader";
import { HostPattern } from "./host-pattern";
import { MatchKey } from "./match-key";
import { RequestFacts } from "./request-facts";
import { matchesService } from "./service-pattern";

/** Which match key of a rule counts when it has several. */
export const enum RulePrecedence {
  /** Go plugins: route (with service) > domain > service > route prefix (host.md 2.4). */
  Go,
  /** C++ plugins: route (with service) > route prefix > service > domain. */
  Cpp,
}

/** What the peer answers to a rule without any match key, double blank included. */
export const NO_MATCH_KEY: string =
  "there is at least one of  '_match_route_', '_match_domain_', '_match_service_' and '_match_route_prefix_' can present in configuration.";

// The numbers stand in match keys (host.md 2.8).
const enum Category {
  None = -1,
  Route = 0,
  Host = 1,
  Service = 2,
  Prefix = 3,
  RouteAndService = 4,
}

/** The match keys of one rule. */
@final
export class RuleMatcher {
  private readonly routes: Slice[];
  private readonly services: Slice[];
  private readonly prefixes: Slice[];
  private readonly hosts: HostPattern[] = [];
  private category: Category = Category.None;

  /** Refuses the configuration when the rule has no match key. */
  constructor(rule: ConfigReader, precedence: RulePrecedence) {
    this.routes = withoutEmpty(rule.texts("_match_route_"));
    this.services = withoutEmpty(rule.texts("_match_service_"));
    this.prefixes = withoutEmpty(rule.texts("_match_route_prefix_"));
    const hosts = rule.texts("_match_domain_");
    for (let i = 0; i < hosts.length; i++) this.hosts.push(new HostPattern(hosts[i]));
    this.category = this.categoryOf(precedence);
    if (this.category == Category.None) rule.refuseWith(NO_MATCH_KEY);
  }

  /** True for a rule that asks for the request's host, and not for its route or service. */
  get isAboutHosts(): bool {
    return this.category == Category.Host;
  }

  matches(facts: RequestFacts): bool {
    switch (this.category) {
      case Category.Route:
        return contains(this.routes, facts.route);
      case Category.RouteAndService:
        return contains(this.routes, facts.route) && this.matchesServices(facts.cluster);
      case Category.Host:
        return this.matchesHosts(facts.host);
      case Category.Service:
        return this.matchesServices(facts.cluster);
      case Category.Prefix:
        return this.matchesPrefixes(facts.route);
      default:
        return false;
    }
  }

  /** All match keys in one text, those that do not count included. */
  get key(): Slice {
    const hosts: Slice[] = [];
    for (let i = 0; i < this.hosts.length; i++) hosts.push(this.hosts[i].key);
    return new MatchKey(this.category)
      .group("routes", this.routes.slice(0))
      .group("services", this.services.slice(0))
      .group("prefixes", this.prefixes.slice(0))
      .group("hosts", hosts)
      .toSlice();
  }

  private categoryOf(precedence: RulePrecedence): Category {
    const hasService = this.services.length > 0;
    if (this.routes.length > 0) return hasService ? Category.RouteAndService : Category.Route;
    const hasHost = this.hosts.length > 0;
    const hasPrefix = this.prefixes.length > 0;
    if (precedence == RulePrecedence.Go) {
      if (hasHost) return Category.Host;
      if (hasService) return Category.Service;
      return hasPrefix ? Category.Prefix : Category.None;
    }
    if (hasPrefix) return Category.Prefix;
    if (hasService) return Category.Service;
    return hasHost ? Category.Host : Category.None;
  }

  private matchesHosts(host: Slice): bool {
    for (let i = 0; i < this.hosts.length; i++) {
      if (this.hosts[i].matches(host)) return true;
    }
    return false;
  }

  private matchesServices(cluster: Slice): bool {
    for (let i = 0; i < this.services.length; i++) {
      if (matchesService(this.services[i], cluster)) return true;
    }
    return false;
  }

  private matchesPrefixes(route: Slice): bool {
    for (let i = 0; i < this.prefixes.length; i++) {
      if (route.startsWith(this.prefixes[i])) return true;
    }
    return false;
  }
}

function contains(list: Slice[], text: Slice): bool {
  for (let i = 0; i < list.length; i++) {
    if (list[i].equals(text)) return true;
  }
  return false;
}

function withoutEmpty(list: Slice[]): Slice[] {
  const kept: Slice[] = [];
  for (let i = 0; i < list.length; i++) {
    if (!list[i].isEmpty) kept.push(list[i]);
  }
  return kept;
}
