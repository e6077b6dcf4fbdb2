import { equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { Search } from "@ai-gateway-wasm/match/find";
import { Phase } from "../judge/backend";
import { Dimension } from "../judge/dimension";
import { Memory } from "./memory";
import { Substitute } from "./substitute";

/** What a match of a local rule leads to. */
export const enum RuleAction {
  Block,
  Mask,
  /** The audit names the rule, nothing else happens. */
  Log,
}

/** Bits of the phases that a rule may judge, in the order of the configuration's words. */
export const PHASE_BITS: StaticArray<i32> = [1, 2, 3];

/** What a rule does besides looking for something (content-security.md 9.3). */
@final
export class LocalRule {
  /** Words, and a rule's own say on letter case. */
  caseSensitive: bool = false;
  /** Of requests: the answer gets the original back. */
  restores: bool = false;
  /** What takes the place of a match; only of a rule that masks. */
  substitute: Substitute | null = null;
  /** Whose messages are judged; none: everybody's. */
  roles: Slice[] = [];
  /** What tools are called with is not looked at, as in ai-data-masking. */
  sparesCalls: bool = false;

  constructor(
    /** Position in the configuration: earlier ones come first. */
    readonly order: i32,
    readonly name: Slice,
    readonly action: RuleAction,
    readonly phases: i32,
    readonly dimension: Dimension,
    /** As the audit and the refusal spell it. */
    readonly level: Slice,
  ) {}

  /** True when both judge the same texts in the same way. */
  isLike(other: LocalRule): bool {
    return (
      this.action == other.action &&
      this.phases == other.phases &&
      this.caseSensitive == other.caseSensitive &&
      this.sparesCalls == other.sparesCalls &&
      sameTexts(this.roles, other.roles)
    );
  }

  /**
   * What takes the place of a match.
   *
   * @param original memory of its own
   * @param search stands at the match; null: it is not one of an expression
   */
  replace(original: Slice, search: Search | null, memory: Memory): Slice {
    const substitute = this.substitute;
    if (substitute === null) return original;
    const masked = substitute.replace(original, search, memory);
    if (this.restores) memory.remember(masked, original);
    return masked;
  }

  /**
   * @param role of the message; no bytes: unknown, every rule applies
   * @param isCall it is what a tool is called with
   */
  appliesTo(phase: Phase, role: Slice, isCall: bool = false): bool {
    if (((this.phases >> (<i32>phase)) & 1) == 0 || (isCall && this.sparesCalls)) return false;
    return role.isEmpty || this.roles.length == 0 || contains(this.roles, role);
  }
}

function contains(texts: Slice[], text: Slice): bool {
  for (let i = 0; i < texts.length; i++) {
    if (equalsIgnoreCase(texts[i], text)) return true;
  }
  return false;
}

function sameTexts(left: Slice[], right: Slice[]): bool {
  if (left.length != right.length) return false;
  for (let i = 0; i < left.length; i++) {
    if (!left[i].equals(right[i])) return false;
  }
  return true;
}
