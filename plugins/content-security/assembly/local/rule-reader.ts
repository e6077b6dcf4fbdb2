import { Builder, bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader, configText } from "@ai-gateway-wasm/kit";
import { DETECTORS, findDetector } from "@ai-gateway-wasm/match/detect";
import {
  compileFinder,
  Finder,
  RegexError,
  RegexFault,
  Template,
} from "@ai-gateway-wasm/match/find";
import { Dimension, DIMENSION_NAMES, dimensionOf } from "../judge/dimension";
import { levelOf, NO_LEVEL } from "../judge/level";
import { oneOf } from "../own-fields";
import { LocalRulesBuilder } from "./local-rules-builder";
import { regexMessage } from "./regex-message";
import { LocalRule, PHASE_BITS, RuleAction } from "./rule";
import { Expansion, FixedText, Hash, Placeholder, Substitute } from "./substitute";

const ACTIONS: string[] = ["block", "mask", "log"];
const PHASES: string[] = ["request", "response", "both"];
const BOTH: i32 = 2;
const HIGH: Slice = bytes("high");
/** The levels of sensitive data have a vocabulary of their own (content-security.md 2.3). */
const S3: Slice = bytes("S3");
const TEXT: Slice = bytes("TEXT");
const MAX_REGEX: i32 = 1000;
const DOLLAR: u8 = 0x24;

const WORDS: string = "words";
const REGEX: string = "regex";
const BUILT_IN: string = "builtin";
const VALUE: string = "value";

/** Reads one element of `rules` (content-security.md 9.3). */
@final
export class RuleReader {
  private readonly rule: LocalRule;
  private readonly builtIn: Slice;

  constructor(
    private readonly config: ConfigReader,
    private readonly builder: LocalRulesBuilder,
  ) {
    const builtIn = config.text(BUILT_IN);
    const action = config.choice("action", ACTIONS, RuleAction.Block);
    const phase = config.choice("phase", PHASES, BOTH);
    const dimension = readDimension(config, builtIn);
    const level = readLevel(config, dimension);
    const name = config.text("name");
    this.builtIn = builtIn;
    this.rule = new LocalRule(
      builder.count,
      name.isEmpty ? bytes(config.path) : name,
      action,
      PHASE_BITS[phase],
      dimension,
      level,
    );
  }

  read(): void {
    const config = this.config;
    const rule = this.rule;
    rule.caseSensitive = config.flag("caseSensitive", this.builder.options.caseSensitive);
    rule.restores = config.flag("restore") && rule.action == RuleAction.Mask;
    rule.roles = config.texts("roles");
    this.builder.add(rule);
    const kinds =
      (config.isEmpty(WORDS) ? 0 : 1) +
      (config.has(REGEX) ? 1 : 0) +
      (config.has(BUILT_IN) ? 1 : 0);
    if (kinds != 1) config.refuseWith(config.path + ": needs one of words, regex and builtin");
    else if (config.has(REGEX)) this.readRegex();
    else if (config.has(BUILT_IN)) this.readBuiltIn();
    else this.readWords();
  }

  private readWords(): void {
    const words = this.config.list(WORDS);
    for (let i = 0; i < words.length; i++) {
      const wrong = this.builder.addWord(trim(configText(words[i])), this.rule);
      if (wrong !== null) return this.config.refuse(WORDS + "[" + i.toString() + "]", wrong);
    }
    this.setSubstitute(null);
  }

  private readRegex(): void {
    const config = this.config;
    const regex = config.text(REGEX);
    if (regex.isEmpty) return config.refuse(REGEX, "is empty"); // it would match everywhere
    const error = new RegexError();
    let finder: Finder | null = null;
    if (this.rule.action == RuleAction.Mask) {
      const hasGroups = config.text(VALUE).indexOf(DOLLAR) >= 0;
      finder = compileFinder(regex, error, hasGroups, MAX_REGEX);
      if (finder === null) return config.refuse(REGEX, regexMessage(error));
    }
    const wrong = this.builder.addRegex(regex, finder, this.rule, error, MAX_REGEX);
    if (wrong !== null) return config.refuse(REGEX, wrong);
    if (error.fault != RegexFault.None) return config.refuse(REGEX, regexMessage(error));
    this.setSubstitute(finder);
  }

  private readBuiltIn(): void {
    const detector = findDetector(this.builtIn);
    if (detector === null) return this.config.refuse(BUILT_IN, oneOf(DETECTORS));
    const wrong = this.builder.addDetector(detector, this.rule);
    if (wrong !== null) return this.config.refuse(BUILT_IN, wrong);
    this.setSubstitute(null);
  }

  private setSubstitute(finder: Finder | null): void {
    const config = this.config;
    if (this.rule.action != RuleAction.Mask) return;
    const hashes = config.flag("hash");
    if (hashes && config.has(VALUE)) return config.refuse("hash", "and value exclude each other");
    this.rule.substitute = hashes ? new Hash(this.builder.options.hashKey) : this.readValue(finder);
  }

  private readValue(finder: Finder | null): Substitute {
    if (!this.config.has(VALUE)) return new Placeholder(this.label());
    return substituteFor(this.config.text(VALUE), finder);
  }

  /** What placeholders are called: the built-in kind, or the rule's name. */
  private label(): Slice {
    if (!this.builtIn.isEmpty) return labelOf(this.builtIn);
    return this.config.has("name") ? labelOf(this.rule.name) : TEXT;
  }
}

/** @param finder of the expression; null: the value is a text without groups */
export function substituteFor(value: Slice, finder: Finder | null): Substitute {
  if (finder === null || value.indexOf(DOLLAR) < 0) return new FixedText(value);
  return new Expansion(new Template(value, finder));
}

function readDimension(config: ConfigReader, builtIn: Slice): Dimension {
  const field = "type";
  if (!config.has(field)) {
    return builtIn.isEmpty ? Dimension.CustomLabel : Dimension.SensitiveData;
  }
  const dimension = dimensionOf(config.text(field));
  if (dimension != Dimension.Unknown) return dimension;
  config.refuse(field, oneOf(DIMENSION_NAMES));
  return Dimension.CustomLabel;
}

function readLevel(config: ConfigReader, dimension: Dimension): Slice {
  const field = "level";
  const level = config.text(field, dimension == Dimension.SensitiveData ? S3 : HIGH);
  if (levelOf(level) == NO_LEVEL) {
    config.refuse(field, "must be one of max, high, medium, low, none, S4, S3, S2, S1, S0");
  }
  return level;
}

/** ASCII letters in upper case; what could end a placeholder early is `_`. */
function labelOf(name: Slice): Slice {
  const label = new Builder(name.length);
  for (let i = 0; i < name.length; i++) {
    const byte = name.at(i);
    if (byte - 0x61 < 26 && byte >= 0x61) label.appendByte(<u8>(byte - 0x20));
    else label.appendByte(byte <= 0x2f || byte == 0x5b || byte == 0x5d ? 0x5f : <u8>byte);
  }
  return label.toSlice();
}
