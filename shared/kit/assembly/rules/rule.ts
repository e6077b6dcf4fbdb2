import { RuleMatcher } from "./matcher";

/** One element of `_rules_`: where it applies, and the configuration that then holds. */
@final
export class Rule<C> {
  constructor(
    readonly matcher: RuleMatcher,
    /** Null: the plugin is off for requests this rule matches. */
    readonly config: C | null,
  ) {}
}
