import type { HeaderList } from "../abi/header-list.js";
import { toBinary, toText } from "../abi/text.js";
import type { RouteOptions } from "../types.js";
import type { Place } from "./environment.js";
import type { Stream } from "./stream.js";

/** Which route a request takes: chosen before the filters, and again when its headers change. */
export class RouteChoice {
  route: RouteOptions | null = null;
  private selected = false;
  private first: RouteOptions | null = null;
  private firstCluster = "";
  /** Whose header change dropped the choice; null after an explicit clear. */
  private changedBy: Place | null = null;

  constructor(private stream: Stream) {}

  /** Cluster of the chosen route; empty = none. */
  get clusterName(): string {
    return this.clusterOf(this.route);
  }

  /** Route chosen before the filters. */
  selectFirst(headers: HeaderList): void {
    this.first = this.route = this.match(headers);
    this.firstCluster = this.clusterOf(this.route, headers);
    this.selected = true;
  }

  /** Drops the choice; the next look picks again. `changedBy`: null when a plugin asked for it. */
  clearRoute(changedBy: Place | null): void {
    this.selected = false;
    this.changedBy = changedBy;
    // Envoy's stream info keeps the old name until somebody asks; Higress evaluates at once.
    if (this.stream.env.profile.topLevelRouteName && this.stream.decode.headers) {
      this.route = this.match(this.stream.decode.headers);
    }
  }

  /** Picks again if the choice was dropped; it then stands until it is dropped once more. */
  choose(headers: HeaderList): void {
    if (this.selected) return;
    this.route = this.match(headers);
    this.selected = true;
    this.noteReroute();
  }

  private match(headers: HeaderList): RouteOptions | null {
    const path = headers.get(":path");
    // Envoy asks x-forwarded-proto, which it sets itself, whether the request has a scheme.
    const scheme = this.stream.env.router === "bare" ? ":scheme" : "x-forwarded-proto";
    if (path === undefined || !headers.get(scheme)) return null;
    for (const route of this.stream.env.routes) {
      const { match } = route;
      if (!match) return route;
      if (match.prefix !== undefined && !path.startsWith(match.prefix)) continue;
      if (match.path !== undefined && path.split("?")[0] !== match.path) continue;
      if (match.host !== undefined && headers.get(":authority") !== match.host) continue;
      if (match.method !== undefined && headers.get(":method") !== match.method) continue;
      const wanted = Object.entries(match.headers ?? {});
      if (wanted.every(([name, value]) => headers.get(name) === toBinary(value))) return route;
    }
    return null;
  }

  private clusterOf(route: RouteOptions | null, headers = this.stream.decode.headers): string {
    if (route?.clusterHeader) {
      return toText(headers?.get(route.clusterHeader.toLowerCase()) ?? "");
    }
    return route?.cluster ?? "";
  }

  private noteReroute(): void {
    const { route, changedBy } = this;
    const cluster = this.clusterOf(route);
    if (!changedBy || (route === this.first && cluster === this.firstCluster)) return;
    const target = route ? `"${route.name ?? cluster}", cluster "${cluster}"` : "no route";
    this.stream.env.violation("S31", `header change re-routed the request to ${target}`, changedBy);
  }
}
