import { parseJson } from "@ai-gateway-wasm/as-json";
import { ConfigErrors } from "./config/errors";
import { ConfigReader } from "./config/reader";
import { PluginRoot } from "./root";
import { LastGoodRules, lastGoodRules } from "./rules/last-good";
import { RuleMatcher } from "./rules/matcher";

const NO_RULE_LEFT: string =
  "all rules failed to parse and no previous successful config available";

/**
 * A root for which one wrong rule does not spoil the others (host.md 2.8): it gives way to the rule
 * that last stood under the same match keys in this VM, or is left out. A rule without match keys
 * still refuses everything, and so does a configuration of which no rule is left.
 *
 * Not for plugins that guard something by rules: where a rule is left out, the next one or the global
 * part holds.
 */
export abstract class IsolatingRoot<C> extends PluginRoot<C> {
  protected override configureRules(document: ConfigReader, rules: ConfigReader[]): void {
    const lastGood = lastGoodRules();
    lastGood.begin();
    let left = 0;
    for (let i = 0; i < rules.length && !document.errors.any; i++) {
      const matcher = this.matcherOf(rules[i]);
      if (matcher !== null && this.isolateRule(lastGood, matcher, rules[i])) left++;
    }
    if (document.errors.any) return;
    if (left == 0 && rules.length > 0) document.refuseWith(NO_RULE_LEFT);
    else lastGood.commit();
  }

  /** @returns false when the rule is left out */
  private isolateRule(lastGood: LastGoodRules, matcher: RuleMatcher, rule: ConfigReader): bool {
    const key = matcher.key;
    const attempt = rule.attempt();
    if (this.readRule(matcher, attempt)) {
      lastGood.keep(key, rule.value.raw);
      return true;
    }
    const text = lastGood.find(key);
    const earlier = text !== null ? parseJson(text) : null;
    const fate = earlier === null ? " is left out: " : " stays as it was: ";
    this.log.warn("rule " + key.toString() + fate + attempt.errors.message);
    if (text === null || earlier === null) return false;
    // Refused as well when it depends on something else that has changed.
    if (!this.readRule(matcher, new ConfigReader(earlier, new ConfigErrors()))) return false;
    lastGood.keep(key, text);
    return true;
  }
}
