import { Builder, bytes, decimal, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConditionGroup, readConditions, ValueType } from "@ai-gateway-wasm/conditions";
import { ConfigReader, readHeaderName } from "@ai-gateway-wasm/kit";
import { MappingOrder } from "@ai-gateway-wasm/llm/model";
import { Counter } from "proxy-wasm-as";
import { CONSUMER_HEADER, VARIANT_HEADER } from "../names";
import { isName, NAME_RULE } from "./name";
import { spellHundredths } from "./percent";
import { SplitRule, WHOLE } from "./rule";
import { Split } from "./split";
import { addPath, StickyParser } from "./sticky-parser";
import { Variant } from "./variant";
import { VariantParser } from "./variant-parser";

const AND: Slice = bytes("and");
const OR: Slice = bytes("or");
const RANDOM: Slice = bytes("random");
const FIRST: Slice = bytes("first");
const MOST_RULES: i32 = 256;
const MOST_VARIANTS: i32 = 16;

/** Reads `split`. Whatever is wrong with it refuses the whole configuration. */
@final
export class SplitParser {
  private readonly split: Split = new Split();

  constructor(
    private readonly config: ConfigReader,
    private readonly order: MappingOrder,
    private readonly hasProviderHeader: bool,
  ) {}

  /** Null: it is switched off, or refused, and the reader has the reason. */
  parse(): Split | null {
    const config = this.config;
    const split = this.split;
    split.tagHeader = readHeaderName(config, "tagHeader", VARIANT_HEADER);
    split.ruleHeader = readHeaderName(config, "ruleHeader");
    split.responseHeader = readHeaderName(config, "responseHeader");
    split.clusterHeader = readHeaderName(config, "clusterHeader");
    split.consumerHeader = readHeaderName(config, "consumerHeader", CONSUMER_HEADER);
    const wish = config.object("override");
    if (wish !== null) {
      split.overrideHeader = readHeaderName(wish, "header");
      if (split.overrideHeader.isEmpty) wish.refuse("header", "must not be empty");
      split.overrideValues = wish.optionalTexts("values");
    }
    const rules = config.objects("rules");
    if (rules.length == 0) this.refuse("split.rules must not be empty");
    if (rules.length > MOST_RULES) this.refuse("split.rules must not be more than 256");
    for (let i = 0; i < rules.length && !config.errors.any; i++) {
      const rule = this.readRule(rules[i], i);
      if (rule !== null) split.rules.push(rule);
    }
    return config.errors.any || !config.flag("enable", true) ? null : split;
  }

  private readRule(config: ConfigReader, index: i32): SplitRule | null {
    const name = config.text("name");
    if (!isName(name)) return this.refuse("split.rules[" + decimal(index) + "].name " + NAME_RULE);
    const rules = this.split.rules;
    for (let i = 0; i < rules.length; i++) {
      if (rules[i].name.equals(name))
        return this.refuse("duplicate split rule: " + name.toString());
    }
    const rule = new SplitRule(name, counterOf(name, ".missing_key"), counterOf(name, ".forced"));
    let problem = this.readMatch(config.object("match"), rule);
    if (problem.length == 0) problem = this.readVariants(config.objects("variants"), rule);
    if (problem.length == 0) problem = this.readSticky(config.object("sticky"), rule);
    if (problem.length == 0) return rule;
    // Two messages are about the whole of it, and have words of their own.
    if (problem.startsWith("split.")) return this.refuse(problem);
    return this.refuse("split rule " + name.toString() + ": " + problem);
  }

  private readMatch(config: ConfigReader | null, rule: SplitRule): string {
    if (config === null) return "";
    // What has no fields would be a rule for every request.
    if (!config.value.isObject) return "match must be an object";
    if (config.has("models")) {
      rule.models = config.texts("models");
      if (config.isEmpty("models")) return "match.models must not be empty";
    }
    const logic = lowerCase(config.text("logic", AND));
    if (!logic.equals(AND) && !logic.equals(OR)) return "match.logic must be and or or";
    if (config.isEmpty("conditions")) return "";
    const group = new ConditionGroup(logic.equals(AND));
    const problem = readConditions(config, group.conditions, ValueType.Consumer);
    if (problem.length > 0) return problem;
    if (group.conditions.length > 0) rule.conditions = group;
    return this.readPaths(group);
  }

  private readPaths(group: ConditionGroup): string {
    for (let i = 0; i < group.conditions.length; i++) {
      const condition = group.conditions[i];
      if (condition.type != ValueType.Body) continue;
      if (!addPath(this.split.paths, condition.key)) {
        return "unsupported body path: " + condition.key.toString();
      }
    }
    return "";
  }

  private readVariants(list: ConfigReader[], rule: SplitRule): string {
    if (list.length == 0) return "variants must not be empty";
    if (list.length > MOST_VARIANTS) return "variants must not be more than 16";
    const hasCluster = !this.split.clusterHeader.isEmpty;
    const parser = new VariantParser(rule.name, this.order, this.hasProviderHeader, hasCluster);
    let sum = 0;
    for (let i = 0; i < list.length; i++) {
      const variant = parser.read(list[i], i);
      if (variant === null) return parser.problem;
      if (rule.find(variant.name) !== null) {
        return "duplicate variant: " + variant.name.toString();
      }
      rule.variants.push(variant);
      sum += variant.weight;
    }
    if (sum == WHOLE) return "";
    return "weights must sum to 100 (got " + spellHundredths(sum) + ")";
  }

  private readSticky(config: ConfigReader | null, rule: SplitRule): string {
    if (config === null) return "";
    const parser = new StickyParser(this.split.paths);
    rule.sticky = parser.read(config, rule.name);
    if (parser.problem.length > 0) return parser.problem;
    const instead = config.text("onMissing", RANDOM);
    if (instead.equals(RANDOM)) return "";
    const variant: Variant | null = instead.equals(FIRST) ? rule.variants[0] : rule.find(instead);
    if (variant === null) return "sticky.onMissing: there is no variant " + instead.toString();
    rule.onMissing = variant;
    return "";
  }

  private refuse(problem: string): SplitRule | null {
    this.config.refuseWith(problem);
    return null;
  }
}

function counterOf(rule: Slice, end: string): Counter {
  const name = new Builder().appendText("model_router.split.").append(rule).appendText(end);
  return new Counter(name.view());
}
