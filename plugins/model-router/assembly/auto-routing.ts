import { Builder, bytes, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { compileRegex, Regex, RegexError } from "@ai-gateway-wasm/match";
import { Counter } from "proxy-wasm-as";

const DEFAULT_NAMES: Slice[] = [bytes("higress/auto")];
/** As much of a message as patterns see. */
const MOST_TEXT: i32 = 32768;
/** Of RE2: in front of a pattern it is for all of it. */
const ANY_CASE: Slice = bytes("(?i)");


@final
class AutoRule {
  readonly chosen: Counter;

  constructor(
    readonly pattern: Regex,
    readonly model: Slice,
    index: i32,
  ) {
    this.chosen = new Counter(bytes("model_router.auto." + decimal(index)));
  }
}

/** Chooses a model by what the user wrote (model-router contract 3.5). */
@final
export class AutoRouting {
  private readonly chosenDefault: Counter = new Counter(bytes("model_router.auto.default"));
  private readonly chosenNone: Counter = new Counter(bytes("model_router.auto.none"));

  constructor(
    private readonly names: Slice[],
    private readonly rules: AutoRule[],
    private readonly defaultModel: Slice,
    private readonly log: PluginLog,
  ) {}

  /** True for the name of a model that is to be chosen here. */
  isAskedFor(model: Slice): bool {
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i].equals(model)) return true;
    }
    return false;
  }

  /** The model for a message; null: no rule matches, and there is no default. */
  choose(message: Slice): Slice | null {
    const text = message.sub(0, MOST_TEXT);
    // Nothing was said, or only images were sent: no pattern is about that, not even one for all texts.
    for (let i = 0; i < this.rules.length && !text.isEmpty; i++) {
      const rule = this.rules[i];
      if (!rule.pattern.matches(text)) continue;
      rule.chosen.increment();
      const name = rule.model.toString();
      this.log.info("auto routing: user message matched, routing to model: " + name);
      return rule.model;
    }
    if (this.defaultModel.isEmpty) {
      this.chosenNone.increment();
      this.log.warn("auto routing: no rule matched and no default model configured");
      return null;
    }
    this.chosenDefault.increment();
    const name = this.defaultModel.toString();
    this.log.info("auto routing: no rule matched, using default model: " + name);
    return this.defaultModel;
  }
}

/** Null: off. Rules that cannot be used are skipped with a warning, as in the peer. */
export function readAutoRouting(config: ConfigReader | null, log: PluginLog): AutoRouting | null {
  if (config === null || !config.flag("enable")) return null;
  const names = config.optionalTexts("modelNames");
  const rules: AutoRule[] = [];
  const flags = config.flag("caseInsensitive") ? ANY_CASE : NO_BYTES;
  const value = config.find("rules");
  // One rule outside of a list is none for the peer.
  const list = value !== null && value.isArray ? config.objects("rules") : [];
  for (let i = 0; i < list.length; i++) {
    const rule = readRule(list[i], i, flags, log);
    if (rule !== null) rules.push(rule);
  }
  const model = config.text("defaultModel");
  return new AutoRouting(names === null ? DEFAULT_NAMES : names, rules, model, log);
}

/** @param flags what stands in front of every pattern */
function readRule(config: ConfigReader, index: i32, flags: Slice, log: PluginLog): AutoRule | null {
  const pattern = config.text("pattern");
  const model = config.text("model");
  if (pattern.isEmpty || model.isEmpty) {
    const what = "pattern=" + pattern.toString() + ", model=" + model.toString();
    log.warn("skipping invalid auto routing rule: " + what);
    return null;
  }
  const error = new RegexError();
  const regex = compileRegex(new Builder().append(flags).append(pattern).toSlice(), error);
  if (regex !== null) return new AutoRule(regex, model, index);
  const text = pattern.toString();
  log.warn("failed to compile regex pattern '" + text + "': " + error.message);
  return null;
}
