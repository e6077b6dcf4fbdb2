import type { TargetsHandler } from "../types.js";
import { WithTraits } from "./cluster-traits.js";

/** A cluster made of others, by their names in `clusters`. */
export class Targets extends WithTraits implements TargetsHandler {
  readonly kind = "targets";

  constructor(
    readonly order: TargetsHandler["order"],
    readonly names: readonly string[],
  ) {
    super();
    if (names.length === 0) throw new TypeError(`${order}: at least one cluster is needed`);
  }
}

/** Envoy's composite cluster: the n-th attempt goes to the n-th cluster, none beyond the last. */
export function composite(...names: string[]): Targets {
  return new Targets("composite", names);
}

/** Endpoints by priority, or an aggregate cluster, with `previous_priorities`: from the first again after the last. */
export function priorities(...names: string[]): Targets {
  return new Targets("priorities", names);
}
