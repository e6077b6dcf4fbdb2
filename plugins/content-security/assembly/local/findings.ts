import { Slice } from "@ai-gateway-wasm/bytes";
import { dimensionName } from "../judge/dimension";
import { Finding, Judgement } from "../judge/judgement";
import { LocalRule, RuleAction } from "./rule";

/** The rules that a text met. */
@final
export class Findings {
  /** Names of the rules that only log or that mask, each once, in the order in which they were met. */
  readonly logged: Slice[] = [];
  private readonly seen: LocalRule[] = [];
  private blocking: LocalRule | null = null;

  get isBlocked(): bool {
    return this.blocking !== null;
  }

  add(rule: LocalRule): void {
    if (rule.action == RuleAction.Block) this.block(rule);
    else if (this.seen.indexOf(rule) < 0) {
      this.seen.push(rule);
      this.logged.push(rule.name);
    }
  }

  /** What a refusal says, of several rules the first one of the configuration; null: nothing blocks. */
  judgement(): Judgement | null {
    const rule = this.blocking;
    if (rule === null) return null;
    const judgement = new Judgement();
    judgement.findings.push(new Finding(rule.dimension, dimensionName(rule.dimension), rule.level));
    judgement.isFinal = true;
    judgement.hasResult = true;
    judgement.label = rule.name;
    return judgement;
  }

  private block(rule: LocalRule): void {
    const before = this.blocking;
    if (before === null || rule.order < before.order) this.blocking = rule;
  }
}
