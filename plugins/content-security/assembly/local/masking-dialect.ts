import { bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader, configText } from "@ai-gateway-wasm/kit";
import { compileFinder, Finder, RegexError, RegexFault } from "@ai-gateway-wasm/match/find";
import { expandGrok, MAX_EXPANDED, readDigitMarks } from "@ai-gateway-wasm/match/grok";
import { hasBuiltInWords } from "@ai-gateway-wasm/match/words";
import { Dimension } from "../judge/dimension";
import { LocalRulesBuilder } from "./local-rules-builder";
import { isUnsupported, regexMessage } from "./regex-message";
import { LocalRule, RuleAction } from "./rule";
import { substituteFor } from "./rule-reader";
import { Hash } from "./substitute";

const DENY_WORDS: string = "deny_words";
const SYSTEM_DENY: string = "system_deny";
const REGEX: string = "regex";
const HIGH: Slice = bytes("high");
const S3: Slice = bytes("S3");
const REPLACE: Slice = bytes("replace");
const HASH: Slice = bytes("hash");
const REQUEST: i32 = 1;
const BOTH: i32 = 3;

/** The fields of ai-data-masking (content-security.md 2.6) as rules. */
export function readMaskingDialect(config: ConfigReader, builder: LocalRulesBuilder): void {
  readDenyWords(config, builder);
  readSystemDeny(config, builder);
  const roles = config.objects("replace_roles");
  for (let i = 0; i < roles.length; i++) readReplaceRole(roles[i], builder);
}

function readDenyWords(config: ConfigReader, builder: LocalRulesBuilder): void {
  const words = config.list(DENY_WORDS);
  const rule = denyRule(DENY_WORDS, builder);
  let isEmpty = true;
  for (let i = 0; i < words.length; i++) {
    const word = trim(configText(words[i]));
    if (word.isEmpty) continue;
    isEmpty = false;
    const wrong = builder.addWord(word, rule);
    if (wrong !== null) return config.refuse(DENY_WORDS + "[" + i.toString() + "]", wrong);
  }
  if (!isEmpty) builder.add(rule);
}

/** The words of the module (decision 11.4). */
function readSystemDeny(config: ConfigReader, builder: LocalRulesBuilder): void {
  if (!config.flag(SYSTEM_DENY)) return;
  if (!hasBuiltInWords()) {
    config.refuse(
      SYSTEM_DENY,
      "this build carries no built-in word list; use the -dict build or list the words in deny_words",
    );
    return;
  }
  const rule = denyRule(SYSTEM_DENY, builder);
  builder.addBuiltInWords(rule);
  builder.add(rule);
}

function denyRule(name: string, builder: LocalRulesBuilder): LocalRule {
  const block: RuleAction = RuleAction.Block;
  const dimension: Dimension = Dimension.CustomLabel;
  const rule = new LocalRule(builder.count, bytes(name), block, BOTH, dimension, HIGH);
  rule.caseSensitive = builder.options.caseSensitive;
  return rule;
}

function readReplaceRole(config: ConfigReader, builder: LocalRulesBuilder): void {
  const type = config.has("type") ? config.text("type") : config.text("type_");
  const hashes = type.equals(HASH);
  if (!hashes && !type.equals(REPLACE)) {
    return config.refuseWith("regexp error value " + type.toString());
  }
  const mask: RuleAction = RuleAction.Mask;
  const dimension: Dimension = Dimension.SensitiveData;
  const rule = new LocalRule(builder.count, bytes(config.path), mask, REQUEST, dimension, S3);
  rule.restores = config.flag("restore");
  rule.sparesCalls = true;
  builder.add(rule);
  const finder = readRegex(config, builder, rule);
  if (hashes) rule.substitute = new Hash(builder.options.hashKey);
  else rule.substitute = substituteFor(config.text("value"), finder);
}

/** The expression with its names expanded; where that does not compile, as it is written. */
function readRegex(
  config: ConfigReader,
  builder: LocalRulesBuilder,
  rule: LocalRule,
): Finder | null {
  const written = config.text(REGEX);
  if (written.isEmpty) {
    config.refuse(REGEX, "is required");
    return null;
  }
  const error = new RegexError();
  const expanded = expandGrok(written);
  if (expanded !== null) {
    readDigitMarks(expanded !== written); // what has no names is RE2 alone
    const finder = compileFinder(expanded, error, true, MAX_EXPANDED);
    const read = finder !== null ? added(config, builder, rule, expanded, finder) : null;
    readDigitMarks(false);
    if (read !== null) return read;
  }
  const finder = compileFinder(written, new RegexError(), true, MAX_EXPANDED);
  if (finder !== null) return added(config, builder, rule, written, finder);
  if (isUnsupported(error)) config.refuse(REGEX, regexMessage(error));
  else config.refuseWith("regexp error field " + written.toString());
  return null;
}

function added(
  config: ConfigReader,
  builder: LocalRulesBuilder,
  rule: LocalRule,
  regex: Slice,
  finder: Finder,
): Finder {
  const error = new RegexError();
  const wrong = builder.addRegex(regex, finder, rule, error, MAX_EXPANDED);
  if (wrong !== null) config.refuse(REGEX, wrong);
  else if (error.fault != RegexFault.None) config.refuse(REGEX, regexMessage(error));
  return finder;
}
