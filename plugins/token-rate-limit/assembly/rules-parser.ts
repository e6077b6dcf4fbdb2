import { bytes, decimal, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { Limit, LimitFormat } from "./limit";
import { isNameless, LIMIT_BY, LimitBy } from "./limit-by";
import { LimitKeyParser } from "./limit-key-parser";
import { Rates } from "./rate";
import { ReservationPolicy } from "./reservation";
import { RuleItem } from "./rule-item";
import { Rules } from "./rules";
import {
  AddressSource,
  CookieSource,
  HeaderSource,
  ModelSource,
  ParamSource,
  ValueSource,
} from "./sources";

const FROM_HEADER: Slice = bytes("from-header-");
const FROM_REMOTE: Slice = bytes("from-remote-addr");
const IN_GLOBAL: string = "failed to parse global_threshold: ";
const IN_ITEM: string = "failed to parse rule_item in rule_items: ";
const DEFAULT_MOST_ITEMS: i32 = 10;
const MOST_ITEMS: i32 = 1000;
const LONGEST_CHAIN: i32 = 64;
const ADDRESS_BITS: i32 = 128;

/** Reads `global_threshold` and `rule_items`, in the peer's order and words (token-rate-limit.md 2). */
@final
export class RulesParser {
  private readonly isFirst: bool;
  private readonly trustedHops: i32;
  private readonly ipv6Prefix: i32;

  constructor(
    private readonly config: ConfigReader,
    private readonly format: LimitFormat,
    private readonly consumerHeader: Slice,
    private readonly log: PluginLog,
  ) {
    this.isFirst = readMatchesFirst(config);
    this.trustedHops = <i32>config.integer("trusted_hops", 0, 0, LONGEST_CHAIN);
    this.ipv6Prefix = <i32>config.integer("ipv6_prefix", ADDRESS_BITS, 1, ADDRESS_BITS);
  }

  /** Null: refused. */
  parse(): Rules | null {
    const config = this.config;
    const hasItems = config.has("rule_items");
    if (!config.has("global_threshold") && !hasItems) {
      this.refuse(config, "at least one of 'global_threshold' or 'rule_items' must be set");
    } else if (this.isFirst && config.has("global_threshold") && hasItems) {
      this.refuse(config, "'global_threshold' and 'rule_items' cannot be set at the same time");
    }
    const rules = new Rules(this.isFirst, readDeduped(config));
    if (!config.errors.any) this.parseGlobal(rules);
    if (!config.errors.any && hasItems) this.parseItems(rules);
    return config.errors.any ? null : rules;
  }

  private parseGlobal(rules: Rules): void {
    const config = this.config.object("global_threshold");
    if (config === null) return;
    const rates = new Rates(config);
    const complaint = rates.complaint("", "global_threshold");
    if (complaint !== null) this.refuse(config, IN_GLOBAL + complaint);
    for (let i = 0; i < rates.list.length; i++) {
      rules.global.push(Limit.global(this.format, rates.list[i]));
    }
  }

  private parseItems(rules: Rules): void {
    const config = this.config;
    const items = config.objects("rule_items");
    const most = config.integer("max_rule_items", DEFAULT_MOST_ITEMS, 1, MOST_ITEMS);
    if (items.length == 0) {
      this.refuse(config, "config rule_items cannot be empty");
    } else if (!this.isFirst && <i64>items.length > most) {
      const count = decimal(items.length);
      this.refuse(config, "rule_items length " + count + " exceeds maximum " + decimal(most));
    }
    for (let i = 0; i < items.length && !config.errors.any; i++) {
      const item = this.parseItem(items[i]);
      if (item === null) continue;
      this.warnOfTwin(rules, item);
      rules.items.push(item);
    }
  }

  private parseItem(item: ConfigReader): RuleItem | null {
    let by = LimitBy.None;
    for (let i = <i32>LimitBy.Header; i <= <i32>LimitBy.PerModel; i++) {
      const isSet = isNameless(i) ? item.has(LIMIT_BY[i]) : !item.text(LIMIT_BY[i]).isEmpty;
      if (isSet) by = i;
    }
    if (by == LimitBy.None) {
      this.refuse(item, IN_ITEM + NONE_SET);
      return null;
    }
    const source = this.sourceOf(item, by);
    if (source === null) return null;
    const parser = new LimitKeyParser(item, by, source.name, this.format, this.log);
    const keys = parser.parse();
    const error = parser.error;
    if (error === null) return new RuleItem(by, source, keys);
    this.refuseAt(parser.errorPath, IN_ITEM + error);
    return null;
  }

  private sourceOf(item: ConfigReader, by: LimitBy): ValueSource | null {
    const name = item.text(LIMIT_BY[by]);
    switch (by) {
      case LimitBy.Header:
      case LimitBy.PerHeader:
        return new HeaderSource(name);
      case LimitBy.Param:
      case LimitBy.PerParam:
        return new ParamSource(name);
      case LimitBy.Cookie:
      case LimitBy.PerCookie:
        return new CookieSource(name);
      case LimitBy.Consumer:
      case LimitBy.PerConsumer:
        return new HeaderSource(this.consumerHeader);
      case LimitBy.PerIp:
        return this.addressSource(item, name);
      default:
        return new ModelSource();
    }
  }

  private addressSource(item: ConfigReader, name: Slice): ValueSource | null {
    const bits = this.ipv6Prefix;
    if (name.equals(FROM_REMOTE)) return new AddressSource(name, this.log, bits);
    if (!name.startsWith(FROM_HEADER)) {
      this.refuse(
        item,
        IN_ITEM +
          "the 'limit_by_per_ip' restriction must start with 'from-header-' or be exactly 'from-remote-addr'",
      );
      return null;
    }
    const header = lowerCase(name.sub(FROM_HEADER.length));
    if (header.isEmpty) {
      this.refuse(item, IN_ITEM + "limit_by_per_ip parse error: empty after 'from-header-'");
      return null;
    }
    return new AddressSource(name, this.log, bits, header, this.trustedHops);
  }

  /** Two rules that may have one counter: the peer warns, and charges it twice. */
  private warnOfTwin(rules: Rules, item: RuleItem): void {
    for (let i = 0; i < rules.items.length; i++) {
      const other = rules.items[i];
      if (other.by != item.by || !other.source.name.equals(item.source.name)) continue;
      const rule = LIMIT_BY[item.by] + "='" + item.source.name.toString() + "'";
      const isOnce = rules.isDeduped || rules.isFirst;
      const more = isOnce ? "" : ": charged twice without dedupe_keys";
      this.log.warn("duplicate rule found: " + rule + " in rule_items" + more);
      return;
    }
  }

  private refuse(at: ConfigReader, message: string): void {
    this.refuseAt(at.path, message);
  }

  /** The message is the peer's, which does not say where; so that stands in a line of its own. */
  private refuseAt(path: string, message: string): void {
    if (path.length > 0) {
      this.log.warn("refused: " + path);
      this.config.errors.isPlaced = true;
    }
    this.config.refuseWith(message);
  }
}

const NONE_SET: string =
  "at least one of 'limit_by_header', 'limit_by_param', 'limit_by_consumer', 'limit_by_cookie', 'limit_by_per_header', 'limit_by_per_param', 'limit_by_per_consumer', 'limit_by_per_cookie', 'limit_by_per_ip' must be set";

/** `dedupe_keys`; a reservation of one key twice could not be given back. */
function readDeduped(config: ConfigReader): bool {
  return config.flag("dedupe_keys") || ReservationPolicy.isWanted(config);
}

/** `match_mode`: true for the rule matching of Higress up to 2.2.3 (token-rate-limit.md Appendix D). */
export function readMatchesFirst(config: ConfigReader): bool {
  return config.choice("match_mode", ["all", "first"], 0) == 1;
}
