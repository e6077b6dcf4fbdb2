import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "../rules/request-facts";
import { appendLabel } from "./label";

const ROUTE: Slice = bytes("route.");
const UPSTREAM: Slice = bytes(".upstream.");
const MODEL: Slice = bytes(".model.");
const CONSUMER: Slice = bytes(".consumer.");
const METRIC: Slice = bytes(".metric.");

/** Consumer of a request that has none, and model of a metric that is not about one. */
export const NONE: Slice = bytes("none");

/** Which series a request counts in. Empty labels are not there: `-`, the consumer `none`. */
@final
export class Labels {
  constructor(
    readonly route: Slice,
    readonly cluster: Slice,
    readonly model: Slice,
    readonly consumer: Slice,
  ) {}

  /** The same with another model and consumer. */
  with(model: Slice, consumer: Slice): Labels {
    return new Labels(this.route, this.cluster, model, consumer);
  }

  /** Bytes of all four. */
  get length(): i32 {
    return this.route.length + this.cluster.length + this.model.length + this.consumer.length;
  }

  equals(other: Labels): bool {
    return (
      this.consumer.equals(other.consumer) &&
      this.model.equals(other.model) &&
      this.cluster.equals(other.cluster) &&
      this.route.equals(other.route)
    );
  }

  /** The same in memory of their own. */
  copy(): Labels {
    return new Labels(
      this.route.copy(),
      this.cluster.copy(),
      this.model.copy(),
      this.consumer.copy(),
    );
  }

  /** Writes what stands before a metric's name. */
  appendTo(out: Builder): void {
    appendLabel(out.append(ROUTE), this.route);
    appendLabel(out.append(UPSTREAM), this.cluster);
    appendLabel(out.append(MODEL), this.model);
    appendLabel(out.append(CONSUMER), this.consumer.isEmpty ? NONE : this.consumer);
    out.append(METRIC);
  }
}

/**
 * Labels of the running request. Route and cluster are in the callback arena and cost a call of the
 * host each.
 */
export function requestLabels(model: Slice, consumer: Slice): Labels {
  const facts = new RequestFacts();
  return new Labels(facts.route, facts.cluster, model, consumer);
}
