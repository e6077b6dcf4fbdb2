import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { compileRegex, RegexError } from "@ai-gateway-wasm/match";
import { goQuote } from "./go-quote";
import { Limit, LimitFormat } from "./limit";
import { isPerValue, LIMIT_BY, LimitBy } from "./limit-by";
import { KeyKind, LimitKey } from "./limit-key";
import { parseNetwork } from "./network";
import { Rates } from "./rate";

const REGEXP: Slice = bytes("regexp:");
const STAR: Slice = bytes("*");

/** Reads `limit_keys` of one rule, with the peer's checks, words and order (token-rate-limit.md 2.3). */
@final
export class LimitKeyParser {
  /** What is wrong; null: nothing so far. */
  error: string | null = null;
  /** Where. */
  errorPath: string = "";

  constructor(
    private readonly item: ConfigReader,
    private readonly by: LimitBy,
    /** Of the header, parameter, cookie … as configured. */
    private readonly name: Slice,
    private readonly format: LimitFormat,
    private readonly log: PluginLog,
  ) {}

  parse(): LimitKey[] {
    const keys: LimitKey[] = [];
    const entries = this.item.objects("limit_keys");
    if (entries.length == 0) {
      const isMissing = !this.item.has("limit_keys");
      this.refuse(
        this.item,
        (isMissing
          ? "missing limit_keys in config for "
          : "config limit_keys cannot be empty for ") +
          LIMIT_BY[this.by] +
          "; add at least one entry, e.g. " +
          exampleOf(this.by),
      );
    }
    for (let i = 0; i < entries.length && this.error === null; i++) {
      const key = this.parseKey(entries[i]);
      if (key !== null) keys.push(key);
    }
    return keys;
  }

  private parseKey(entry: ConfigReader): LimitKey | null {
    const text = entry.text("key");
    if (text.isEmpty) return this.refuse(entry, "limit_keys key is required");
    const key = this.by == LimitBy.PerIp ? this.network(entry, text) : this.literal(entry, text);
    if (key === null) return null;
    const rates = new Rates(entry);
    const shown = text.toString();
    const complaint = rates.complaint(" for key '" + shown + "'", "key: " + shown);
    if (complaint !== null) return this.refuse(entry, complaint);
    for (let i = 0; i < rates.list.length; i++) {
      const type = LIMIT_BY[this.by];
      key.limits.push(Limit.of(this.format, rates.list[i], type, this.name, key.literal));
    }
    return key;
  }

  private network(entry: ConfigReader, text: Slice): LimitKey | null {
    const network = parseNetwork(text);
    if (network === null) {
      const shown = text.toString();
      const reason = "failed to parse IPNet for key '" + shown + "': invalid IP[" + shown + "]";
      return this.refuse(entry, reason);
    }
    const key = new LimitKey(KeyKind.Network, text);
    key.network = network;
    return key;
  }

  /** A key of a rule that looks at texts. */
  private literal(entry: ConfigReader, text: Slice): LimitKey | null {
    const isPattern = text.startsWith(REGEXP);
    if (!isPerValue(this.by)) {
      if (isPattern || text.equals(STAR)) this.warnOfLiteral(entry, text);
      return new LimitKey(KeyKind.Exact, text);
    }
    if (text.equals(STAR)) return new LimitKey(KeyKind.Any, text);
    if (isPattern) return this.pattern(entry, text);
    const type = LIMIT_BY[this.by];
    return this.refuse(
      entry,
      'the "' +
        type +
        "\" restriction must start with 'regexp:' or be exactly '*' (got " +
        goQuote(text) +
        '); to match an exact name, use the non-per variant "' +
        "limit_by_" +
        type.substring("limit_by_per_".length, type.length) +
        '" instead (limit_keys stay the same)',
    );
  }

  private pattern(entry: ConfigReader, text: Slice): LimitKey | null {
    const error = new RegexError();
    const regex = compileRegex(text.sub(REGEXP.length), error);
    if (regex === null) {
      const prefix = "failed to compile regex for key '" + text.toString() + "': ";
      return this.refuse(entry, prefix + error.message);
    }
    const key = new LimitKey(KeyKind.Regexp, text);
    key.regex = regex;
    return key;
  }

  /** The peer accepts it without a word, and it never matches what its author meant. */
  private warnOfLiteral(entry: ConfigReader, text: Slice): void {
    this.log.warn(
      entry.path + ": " + goQuote(text) + " stands for itself; for patterns use limit_by_per_*",
    );
  }

  private refuse(at: ConfigReader, reason: string): LimitKey | null {
    this.error = reason;
    this.errorPath = at.path;
    return null;
  }
}

/** The peer's advice; quotes and angle brackets are part of it. */
function exampleOf(by: LimitBy): string {
  if (by == LimitBy.PerIp) return 'key: "0.0.0.0/0"';
  if (isPerValue(by)) return 'key: "*"';
  return by == LimitBy.Consumer ? 'key: "<consumer-name>"' : 'key: "<exact-value>"';
}
