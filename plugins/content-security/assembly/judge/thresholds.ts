import { Dimension, DIMENSIONS } from "./dimension";
import { LEVEL_HIGH } from "./level";

/** What happens to a text that reaches a bar. */
export const enum Action {
  /** Nobody said: the next one decides. */
  Unset,
  Block,
  Mask,
}

/** No bar of one's own; unlike NO_LEVEL, which every level reaches. */
const UNSET: i32 = -2;

/** Bars and actions of a configuration or of one consumer (content-security.md 2.3, 2.5). */
@final
export class Thresholds {
  /** Of `TextModerationPlus`: for the level of the whole. */
  riskBar: i32 = UNSET;
  riskAction: Action = Action.Unset;
  /** By dimension. */
  readonly bars: StaticArray<i32> = new StaticArray<i32>(DIMENSIONS);
  readonly actions: StaticArray<i32> = new StaticArray<i32>(DIMENSIONS);

  /** @param base says what these do not; null: nobody does */
  constructor(private readonly base: Thresholds | null = null) {
    this.bars.fill(UNSET);
  }

  /** True when the whole reaches its bar. */
  exceedsRisk(level: i32): bool {
    return level >= this.riskBarOrBase;
  }

  /**
   * True when a level reaches the bar of its dimension. What has no dimension of ours never does.
   *
   * @param defaultBar of dimensions without any
   */
  exceeds(dimension: Dimension, level: i32, defaultBar: i32): bool {
    return dimension < Dimension.Unknown && level >= this.barOf(dimension, defaultBar);
  }

  /** `Mask` only for sensitive data: nothing else can be taken out of a text (content-security.md 4.4). */
  actionOf(dimension: Dimension): Action {
    const action = this.findAction(dimension);
    return action == Action.Mask && dimension == Dimension.SensitiveData ? action : Action.Block;
  }

  /** Some of what is found is taken out of a text. */
  get masks(): bool {
    return this.actionOf(Dimension.SensitiveData) == Action.Mask;
  }

  private get riskBarOrBase(): i32 {
    const base = this.base;
    if (this.riskBar != UNSET) return this.riskBar;
    return base === null ? LEVEL_HIGH : base.riskBarOrBase;
  }

  private barOf(dimension: Dimension, defaultBar: i32): i32 {
    const base = this.base;
    const bar = this.bars[dimension];
    if (bar != UNSET) return bar;
    return base === null ? defaultBar : base.barOf(dimension, defaultBar);
  }

  /** Own words on the dimension, own words on all, then those of the base. */
  private findAction(dimension: Dimension): Action {
    const base = this.base;
    const own: Action = dimension < Dimension.Unknown ? this.actions[dimension] : Action.Unset;
    if (own != Action.Unset) return own;
    if (this.riskAction != Action.Unset) return this.riskAction;
    return base === null ? Action.Block : base.findAction(dimension);
  }
}
