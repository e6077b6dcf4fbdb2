import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { readJson, textOf } from "@ai-gateway-wasm/as-json";
import { NO_COUNT, countOf } from "./count";
import { UsageDocument } from "./document";
import { Field } from "./field";
import { NO_USAGE, TokenUsage } from "./token-usage";

const CACHED_TOKENS: Slice = bytes("cached_tokens");
const REASONING_TOKENS: Slice = bytes("reasoning_tokens");

/**
 * Follows the usage of one response from document to document: cumulative, the last one counts and
 * nothing is added up; what a document does not say keeps its value (token-rate-limit contract
 * A.2, A.4).
 */
@final
export class UsageReader {
  /** What the last document left. */
  private current: TokenUsage = NO_USAGE;
  /** The same as of the last document whose total was not 0: the one to charge. */
  settled: TokenUsage = NO_USAGE;

  /** @param readsTexts whether `model`, `chatId` and the details are wanted */
  constructor(private readonly readsTexts: bool = true) {}

  /** Whether there was such a document. */
  get seen(): bool {
    return this.settled !== NO_USAGE;
  }

  /** Takes over what a document with usage says. */
  read(found: UsageDocument): void {
    let usage = this.current;
    if (usage === this.settled) {
      // Whoever was given it keeps it as it is.
      usage = usage.copy();
      this.current = usage;
    }
    if (this.readsTexts) {
      usage.model = textAt(found, found.first(Field.Model, Field.ModelVersion), usage.model);
      usage.chatId = textAt(found, found.first(Field.Id, Field.MessageId), usage.chatId);
      readInputDetails(found, usage);
      readOutputDetails(found, usage);
    }
    usage.cachedInput = only(found, Field.CachedContent, usage.cachedInput);
    usage.input = numberAt(found, Field.PromptTokens, Field.MessageInputTokens, usage.input);
    usage.output = numberAt(found, Field.CompletionTokens, Field.MessageOutputTokens, usage.output);
    usage.cacheCreation = numberAt(
      found,
      Field.CacheCreation,
      Field.MessageCacheCreation,
      usage.cacheCreation,
    );
    usage.cacheRead = numberAt(found, Field.CacheRead, Field.MessageCacheRead, usage.cacheRead);
    usage.toolUsePrompt = only(found, Field.ToolUsePrompt, usage.toolUsePrompt);
    usage.thoughts = only(found, Field.Thoughts, usage.thoughts);
    readTotal(found, usage);
    if (usage.total != 0) this.settled = usage;
  }
}

/** The first number found in a range of fields, else what was known before. */
function numberAt(found: UsageDocument, from: Field, to: Field, before: i64): i64 {
  const field = found.first(from, to);
  return field < 0 ? before : found.number(field);
}

function only(found: UsageDocument, field: Field, before: i64): i64 {
  return numberAt(found, field, field, before);
}

/** The text of a field that was found, in memory of its own; else what was known before. */
function textAt(found: UsageDocument, field: i32, before: Slice): Slice {
  if (field < 0) return before;
  const json = found.text(field);
  if (json.length == before.length + 2 && json.sub(1, json.length - 1).equals(before))
    return before;
  const text = textOf(readJson(json));
  return text.equals(before) ? before : text.copy();
}

function readInputDetails(found: UsageDocument, usage: TokenUsage): void {
  const field = found.first(Field.PromptDetails, Field.GeminiPromptDetails);
  if (field < 0) return;
  usage.inputDetails = found.text(field).copy();
  usage.cachedInput = detail(usage.inputDetails, CACHED_TOKENS);
}

function readOutputDetails(found: UsageDocument, usage: TokenUsage): void {
  const field = found.first(Field.CompletionDetails, Field.GeminiCandidatesDetails);
  if (field < 0) return;
  usage.outputDetails = found.text(field).copy();
  usage.reasoning = detail(usage.outputDetails, REASONING_TOKENS);
}

/** One count of a details object; 0 when it has none. */
function detail(details: Slice, name: Slice): i64 {
  const object = readJson(details);
  const count = object === null ? 0 : countOf(object.get(name));
  return count == NO_COUNT ? 0 : count;
}

/** Without a total of the provider, only cache tokens in the very document enter it (A.2). */
function readTotal(found: UsageDocument, usage: TokenUsage): void {
  const field = found.first(Field.TotalTokens, Field.GeminiTotalTokens);
  if (field >= 0) {
    usage.total = found.number(field);
    usage.statedTotal = usage.total;
    return;
  }
  const cache = only(found, Field.CacheCreation, 0) + only(found, Field.CacheRead, 0);
  usage.total = usage.input + usage.output + cache;
}
