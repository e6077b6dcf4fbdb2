import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Judgement } from "../judge/judgement";
import { Phase } from "../judge/backend";
import { Verdict } from "../judge/verdict";
import { LocalStream } from "./local-stream";
import { Memory } from "./memory";
import { Net } from "./net";
import { NetScan } from "./net-scan";
import { LocalRule, RuleAction } from "./rule";

/** What the local rules say of a text. */
@final
export class LocalOutcome {
  constructor(
    /** `Mask`: something was taken out of the text. */
    readonly verdict: Verdict,
    /** Of a refusal, else null. */
    readonly judgement: Judgement | null,
    /** The text that takes the place of the text, in memory of its own; null: it stays what it is. */
    readonly text: Slice | null,
    /** The same as judges see it, without originals that were put back. */
    readonly shown: Slice | null,
    /** Names of rules that were only to be logged, or that have masked. */
    readonly logged: Slice[],
  ) {}
}

const NOTHING: LocalOutcome = new LocalOutcome(Verdict.Pass, null, null, null, []);

/** Rules that need no service (content-security.md 9). Belong to a configuration. */
@final
export class LocalRules {
  private readonly masksRequests: bool;

  /** Only for `LocalRulesBuilder`. */
  constructor(
    /** In the order of the configuration. */
    private readonly rules: LocalRule[],
    private readonly nets: Net[],
    /** Most bytes of a text that flows which wait for what follows. */
    readonly holdback: i32,
  ) {
    this.masksRequests = hasRule(rules, Phase.Request, true);
  }

  /** True when some rule judges texts of the phase. */
  judges(phase: Phase): bool {
    return hasRule(this.rules, phase, false);
  }

  /** True when some rule may change texts of the phase. The answer may also get originals back. */
  masks(phase: Phase): bool {
    return hasRule(this.rules, phase, true);
  }

  /** True when some rule is of no use without texts of the phase: it judges them alone, or puts originals back. */
  needs(phase: Phase): bool {
    const other: Phase = Phase.Response - phase;
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i];
      if (rule.restores || !rule.appliesTo(other, NO_BYTES)) return true;
    }
    return false;
  }

  /** Bytes of memory of the word lists; those of expressions grow with the texts, to a limit. */
  get bytes(): i32 {
    let sum = 0;
    for (let i = 0; i < this.nets.length; i++) {
      const words = this.nets[i].words;
      if (words !== null) sum += words.bytes;
    }
    return sum;
  }

  /** What looks like a placeholder in the text is none of ours. Of all texts, then they are judged. */
  foresee(text: Slice, phase: Phase, memory: Memory): void {
    if (phase == Phase.Request && this.masksRequests) memory.avoid(text);
  }

  /**
   * Judges a whole text.
   *
   * @param role of its message; no bytes: unknown, rules for every role apply
   * @param memory of the request that the text belongs to
   * @param isJson what is put back stands in a string of the text
   * @param isCall it is what a tool is called with
   */
  examine(
    text: Slice,
    phase: Phase,
    role: Slice,
    memory: Memory,
    isJson: bool = false,
    isCall: bool = false,
  ): LocalOutcome {
    if (!this.mayFind(text, phase, role, memory, isCall)) return NOTHING;
    const stream = this.open(phase, role, memory, i32.MAX_VALUE, isJson, isCall);
    stream.read(text);
    stream.finish();
    const judgement = stream.judgement;
    if (judgement !== null) {
      return new LocalOutcome(Verdict.Deny, judgement, null, null, stream.logged);
    }
    let shown: Slice | null = null;
    if (phase == Phase.Response && !memory.isEmpty) shown = stream.shown(text, 0);
    const masked = stream.rewrite(text, 0);
    const verdict = stream.isMasked ? Verdict.Mask : Verdict.Pass;
    return new LocalOutcome(verdict, null, masked, shown, stream.logged);
  }

  /** Judges a text that arrives in pieces; with its parameters as `examine`. */
  stream(phase: Phase, role: Slice, memory: Memory, isJson: bool = false): LocalStream {
    return this.open(phase, role, memory, this.holdback, isJson, isJson);
  }

  /** False when nothing can become of a whole text. */
  private mayFind(text: Slice, phase: Phase, role: Slice, memory: Memory, isCall: bool): bool {
    if (phase == Phase.Response && !memory.isEmpty) return true;
    for (let i = 0; i < this.nets.length; i++) {
      const net = this.nets[i];
      if (net.like.appliesTo(phase, role, isCall) && net.mayOccurIn(text)) return true;
    }
    return false;
  }

  private open(
    phase: Phase,
    role: Slice,
    memory: Memory,
    holdback: i32,
    isJson: bool,
    isCall: bool,
  ): LocalStream {
    const isAnswer = phase == Phase.Response;
    if (isAnswer) memory.close();
    const scans: NetScan[] = [];
    for (let i = 0; i < this.nets.length; i++) {
      const net = this.nets[i];
      if (net.like.appliesTo(phase, role, isCall)) scans.push(new NetScan(net, this.rules));
    }
    return new LocalStream(scans, memory, isAnswer, holdback, isJson);
  }
}

function hasRule(rules: LocalRule[], phase: Phase, masks: bool): bool {
  for (let i = 0; i < rules.length; i++) {
    if (masks && rules[i].action != RuleAction.Mask) continue;
    if (rules[i].appliesTo(phase, NO_BYTES)) return true;
  }
  return false;
}
