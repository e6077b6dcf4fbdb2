import { Slice } from "@ai-gateway-wasm/bytes";
import { Attribute, Builtin } from "./attribute";
import { CACHED_TOKENS, REASONING_TOKENS, Usage } from "./usage";
import { Details } from "./details";
import { Value } from "./value";

/** What is known of an answer: of a stream and of a whole one. */
export abstract class Answer {
  readonly usage: Usage = new Usage();
  /** Id that the model gave it, memory of its own; null: none. */
  chatId: Slice | null = null;
  /** Whether it says by its body that it failed. */
  hasFailed: bool = false;
  /** Whether parts of it are not known, because they were too long to keep. */
  isTruncated: bool = false;
  /** How many of its documents could not be read, where JSON was promised. */
  unreadable: i32 = 0;
  /** How many events were too long to keep, and so were not read. */
  dropped: i32 = 0;
  /** When the model first said something, in nanoseconds; 0: never, or nobody asks. */
  firstContentNs: u64 = 0;

  /** Takes the next chunk of the body. */
  abstract feed(chunk: Slice): void;

  /** Whether nothing came at all. */
  abstract get isBlank(): bool;

  /** Whether the arguments of some call of a tool were too long to keep. */
  get hasCutCalls(): bool {
    return false;
  }

  /** Why the model stopped, as it says; empty: it does not. */
  abstract finishReason(): Slice;

  /** The body is complete, or nothing more will come. */
  abstract end(): void;

  /** The value of an attribute of bodies; null: nothing. After `end`. */
  abstract find(attribute: Attribute, index: i32): Value | null;

  /** What the dialogue log has: the answer, its reasoning, its tool calls; null: none. */
  abstract part(builtin: Builtin): Value | null;

  /**
   * What usage says in detail, for the keys that need no path.
   *
   * @param skipsEmpty details without a count are none
   */
  protected tokens(builtin: Builtin, skipsEmpty: bool): Value | null {
    const usage = this.usage;
    const isInput = builtin == Builtin.CachedTokens || builtin == Builtin.InputDetails;
    const details: Details = isInput ? usage.inputDetails : usage.outputDetails;
    const isThere = isInput ? usage.hasInputDetails : usage.hasOutputDetails;
    if (!isThere || (skipsEmpty && details.isEmpty)) return null;
    if (builtin == Builtin.InputDetails || builtin == Builtin.OutputDetails) {
      return Value.ofDetails(details.toJson());
    }
    const at = details.find(isInput ? CACHED_TOKENS : REASONING_TOKENS);
    return at >= 0
      ? Value.ofInteger(details.count(isInput ? CACHED_TOKENS : REASONING_TOKENS))
      : null;
  }
}
