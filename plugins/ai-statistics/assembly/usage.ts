import { integerOf, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, mentions, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Field, UsageDocument } from "@ai-gateway-wasm/llm/usage-document";
import { Details, NO_DETAILS } from "./details";
import { UNKNOWN } from "./names";

const CACHED_CONTENT: Slice = bytes("cached_content_token_count");
const TOOL_USE: Slice = bytes("tool_use_prompt_token_count");
const THOUGHTS: Slice = bytes("thoughts_token_count");
const CACHE_CREATION: Slice = bytes("cache_creation_input_tokens");
const CACHE_READ: Slice = bytes("cache_read_input_tokens");
const GENERATED_IMAGES: Slice = bytes("generated_images");
export const CACHED_TOKENS: Slice = bytes("cached_tokens");
export const REASONING_TOKENS: Slice = bytes("reasoning_tokens");
const USAGE: Slice = bytes("usage");

/**
 * What an answer used, as the peer counts it (ai-statistics contract 3.5): the last document that
 * mentions usage decides, nothing is added up, and what it does not say keeps its value.
 */
@final
export class Usage {
  /** Whether a document mentioned usage. */
  seen: bool = false;
  model: Slice = NO_BYTES;
  input: i64 = 0;
  output: i64 = 0;
  total: i64 = 0;
  /** The total that the last document states, or -1: it states none. */
  statedTotal: i64 = -1;
  inputDetails: Details = NO_DETAILS;
  outputDetails: Details = NO_DETAILS;
  /** Whether some document had them, be they empty. */
  hasInputDetails: bool = false;
  hasOutputDetails: bool = false;
  /** What the last document said that counted any tokens, for the span. */
  spanModel: Slice = NO_BYTES;
  spanInput: i64 = 0;
  spanOutput: i64 = 0;
  spanTotal: i64 = 0;
  /** Whether the last document had some, to which others of its own may be added. */
  private isOutputOwn: bool = false;

  /**
   * Takes what a document says that mentions usage.
   *
   * @param requestModel what stands for the model when no document names it
   */
  read(found: UsageDocument, requestModel: Slice): void {
    this.seen = true;
    this.readModel(found, requestModel);
    this.input = number(found, Field.PromptTokens, Field.MessageInputTokens, this.input);
    this.output = number(found, Field.CompletionTokens, Field.MessageOutputTokens, this.output);
    this.readInputDetails(found);
    this.readOutputDetails(found);
    const stated = found.first(Field.TotalTokens, Field.GeminiTotalTokens);
    this.statedTotal = stated >= 0 ? found.number(stated) : -1;
    this.total =
      stated >= 0
        ? this.statedTotal
        : this.input +
          this.output +
          only(found, Field.CacheCreation) +
          only(found, Field.CacheRead);
    if (this.total <= 0) return;
    this.spanModel = this.model;
    this.spanInput = this.input;
    this.spanOutput = this.output;
    this.spanTotal = this.total;
  }

  /** A document that no path leads into, but that mentions usage. */
  readUnreadable(requestModel: Slice): void {
    this.read(new UsageDocument(), requestModel);
  }

  /** A number that `UsageDocument` does not know: that of an event. */
  readImages(event: Slice): void {
    if (!mentions(event, GENERATED_IMAGES)) return;
    const root = readJson(event);
    const usage = root !== null ? root.get(USAGE) : null;
    const images = usage !== null ? usage.get(GENERATED_IMAGES) : null;
    if (images !== null) this.setImages(integerOf(images));
  }

  /** A detail of the output that stands beside the others. */
  setImages(count: i64): void {
    if (!this.isOutputOwn) this.outputDetails = new Details();
    this.hasOutputDetails = true;
    this.outputDetails.set(GENERATED_IMAGES, count);
  }

  get cachedInput(): i64 {
    return max(this.cachedPrompt, this.cacheRead);
  }

  /** Part of the input that came from a cache (OpenAI, Gemini). */
  get cachedPrompt(): i64 {
    const details = this.inputDetails;
    return max(details.count(CACHED_TOKENS), details.count(CACHED_CONTENT));
  }

  /** Read from a cache beside the input (Anthropic). */
  get cacheRead(): i64 {
    return this.inputDetails.count(CACHE_READ);
  }

  get cacheWriteInput(): i64 {
    return this.inputDetails.count(CACHE_CREATION);
  }

  get toolUseInput(): i64 {
    return this.inputDetails.count(TOOL_USE);
  }

  get reasoningOutput(): i64 {
    return max(this.reasoning, this.thoughts);
  }

  /** Part of the output (OpenAI). */
  get reasoning(): i64 {
    return this.outputDetails.count(REASONING_TOKENS);
  }

  /** Beside the output (Gemini). */
  get thoughts(): i64 {
    return this.outputDetails.count(THOUGHTS);
  }

  private readModel(found: UsageDocument, requestModel: Slice): void {
    const field = found.first(Field.Model, Field.ModelVersion);
    const name = field < 0 ? NO_BYTES : textOf(readJson(found.text(field)));
    if (!name.isEmpty) {
      if (name.equals(requestModel)) this.model = requestModel;
      else if (!name.equals(this.model)) this.model = name.copy();
    } else if (this.model.isEmpty || this.model.equals(UNKNOWN)) {
      this.model = requestModel.isEmpty ? UNKNOWN : requestModel;
    }
  }

  /** What `message_start` of Anthropic says about caches counts here alone, not in the total. */
  private readInputDetails(found: UsageDocument): void {
    const field = found.first(Field.PromptDetails, Field.GeminiPromptDetails);
    const isNamed =
      field >= 0 ||
      found.has(Field.CachedContent) ||
      found.has(Field.ToolUsePrompt) ||
      found.first(Field.CacheCreation, Field.MessageCacheRead) >= 0;
    if (!isNamed) return;
    const details = new Details();
    if (field >= 0) details.read(found.text(field));
    put(details, CACHED_CONTENT, found, Field.CachedContent, Field.CachedContent);
    put(details, TOOL_USE, found, Field.ToolUsePrompt, Field.ToolUsePrompt);
    put(details, CACHE_CREATION, found, Field.CacheCreation, Field.MessageCacheCreation);
    put(details, CACHE_READ, found, Field.CacheRead, Field.MessageCacheRead);
    this.inputDetails = details;
    this.hasInputDetails = true;
  }

  private readOutputDetails(found: UsageDocument): void {
    const field = found.first(Field.CompletionDetails, Field.GeminiCandidatesDetails);
    this.isOutputOwn = field >= 0 || found.has(Field.Thoughts);
    if (!this.isOutputOwn) return;
    const details = new Details();
    if (field >= 0) details.read(found.text(field));
    put(details, THOUGHTS, found, Field.Thoughts, Field.Thoughts);
    this.outputDetails = details;
    this.hasOutputDetails = true;
  }
}

function number(found: UsageDocument, from: Field, to: Field, before: i64): i64 {
  const field = found.first(from, to);
  return field < 0 ? before : found.number(field);
}

function only(found: UsageDocument, field: Field): i64 {
  return found.has(field) ? found.number(field) : 0;
}

function put(details: Details, name: Slice, found: UsageDocument, from: Field, to: Field): void {
  const field = found.first(from, to);
  if (field >= 0) details.set(name, found.number(field));
}
