import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { compileRegex, Regex, RegexError } from "@ai-gateway-wasm/match";
import { regexMessage } from "./local/regex-message";

const MATCH_TYPES: Slice[] = [bytes("exact"), bytes("prefix"), bytes("regexp")];

const enum MatchType {
  Exact,
  Prefix,
  Regexp,
  /** A word we do not know: it matches nobody. */
  None,
}

/** Which consumers an item of the configuration is about (content-security.md 2.5). */
@final
export class ConsumerMatch {
  /** Only for `read`. */
  constructor(
    private readonly type: MatchType,
    private readonly name: Slice,
    private readonly regex: Regex | null,
  ) {}

  /** Null: an item without name or type, which is skipped, or one that is refused. */
  static read(item: ConfigReader): ConsumerMatch | null {
    if (!item.has("name") || !item.has("matchType")) return null;
    const name = item.text("name");
    const type = typeOf(item.text("matchType"));
    if (type != MatchType.Regexp) return new ConsumerMatch(type, name, null);
    const error = new RegexError();
    const regex = compileRegex(name, error);
    if (regex === null) item.refuse("name", regexMessage(error));
    return new ConsumerMatch(type, name, regex);
  }

  matches(consumer: Slice): bool {
    const regex = this.regex;
    switch (this.type) {
      case MatchType.Exact:
        return !this.name.isEmpty && this.name.equals(consumer);
      case MatchType.Prefix:
        return !this.name.isEmpty && consumer.startsWith(this.name);
      case MatchType.Regexp:
        return regex !== null && regex.matches(consumer);
      default:
        return false;
    }
  }
}

function typeOf(word: Slice): MatchType {
  for (let i = 0; i < MATCH_TYPES.length; i++) {
    if (MATCH_TYPES[i].equals(word)) return i;
  }
  return MatchType.None;
}
