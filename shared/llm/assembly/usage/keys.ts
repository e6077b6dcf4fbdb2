import { Slice, bytes, sameBytes } from "@ai-gateway-wasm/bytes";
import { Field } from "./field";

/** An object of a response in which keys matter, named after its path. */
export const enum Place {
  Root,
  Usage,
  Gemini, // usageMetadata
  Response,
  ResponseUsage,
  Message,
  MessageUsage,
  Body,
}

/** A key leads to a field, to a place (added to this number), or nowhere (`UNKNOWN_KEY`). */
export const FIRST_PLACE: i32 = 64;
export const UNKNOWN_KEY: i32 = -1;

const BLANK: i32 = 0x20;
const SEMICOLON: i32 = 0x3b;

/** The object that a place stands in. */
export function parentOf(place: Place): Place {
  if (place == Place.ResponseUsage) return Place.Response;
  if (place == Place.MessageUsage) return Place.Message;
  return Place.Root;
}

/** Whether this place is one of the objects that say how many tokens were used. */
export function isUsage(place: Place): bool {
  return (
    place == Place.Usage ||
    place == Place.Gemini ||
    place == Place.ResponseUsage ||
    place == Place.MessageUsage
  );
}

/** Where the key of these bytes leads in `place`. Keys with escapes are unknown: nobody writes them. */
export function findKey(place: Place, at: usize, length: i32): i32 {
  const names = KEYS.names;
  const end = KEYS.ends[place];
  for (let i = place == Place.Root ? 0 : KEYS.ends[place - 1]; i < end; i++) {
    const name = names[i];
    if (name.length == length && sameBytes(name.ptr, at, length)) return TARGETS[i];
  }
  return UNKNOWN_KEY;
}

/**
 * The keys of each place, in the order of the places: a dozen at most, compared one by one, length
 * first. One text for all of them: constants of their own take code at start.
 */
const NAMES: Slice = bytes(
  "id model usage usageMetadata response message body modelVersion responseId;" +
    "prompt_tokens completion_tokens total_tokens input_tokens output_tokens prompt_tokens_details completion_tokens_details input_tokens_details output_tokens_details cache_creation_input_tokens cache_read_input_tokens;" +
    "promptTokenCount candidatesTokenCount totalTokenCount promptTokensDetails candidatesTokensDetails cachedContentTokenCount toolUsePromptTokenCount thoughtsTokenCount;" +
    "usage model id;" +
    "input_tokens output_tokens total_tokens input_tokens_details output_tokens_details;" +
    "usage model id;" +
    "input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens;" +
    "model;",
);

/** Where each name leads, name for name. */
const TARGETS: StaticArray<i32> = [
  // Root
  Field.Id,
  Field.Model,
  FIRST_PLACE + Place.Usage,
  FIRST_PLACE + Place.Gemini,
  FIRST_PLACE + Place.Response,
  FIRST_PLACE + Place.Message,
  FIRST_PLACE + Place.Body,
  Field.ModelVersion,
  Field.ResponseId,
  // Usage
  Field.PromptTokens,
  Field.CompletionTokens,
  Field.TotalTokens,
  Field.InputTokens,
  Field.OutputTokens,
  Field.PromptDetails,
  Field.CompletionDetails,
  Field.InputDetails,
  Field.OutputDetails,
  Field.CacheCreation,
  Field.CacheRead,
  // Gemini
  Field.GeminiPromptTokens,
  Field.GeminiCandidatesTokens,
  Field.GeminiTotalTokens,
  Field.GeminiPromptDetails,
  Field.GeminiCandidatesDetails,
  Field.CachedContent,
  Field.ToolUsePrompt,
  Field.Thoughts,
  // Response
  FIRST_PLACE + Place.ResponseUsage,
  Field.ResponseModel,
  Field.NestedResponseId,
  // ResponseUsage
  Field.ResponseInputTokens,
  Field.ResponseOutputTokens,
  Field.ResponseTotalTokens,
  Field.ResponseInputDetails,
  Field.ResponseOutputDetails,
  // Message
  FIRST_PLACE + Place.MessageUsage,
  Field.MessageModel,
  Field.MessageId,
  // MessageUsage
  Field.MessageInputTokens,
  Field.MessageOutputTokens,
  Field.MessageCacheCreation,
  Field.MessageCacheRead,
  // Body
  Field.BodyModel,
];

/** `NAMES`, taken apart once. */
@final
class Keys {
  readonly names: Slice[] = [];
  /** By place: the index behind its last name. */
  readonly ends: i32[] = [];

  constructor() {
    let from = 0;
    for (let at = 0; at < NAMES.length; at++) {
      const byte = NAMES.at(at);
      if (byte != BLANK && byte != SEMICOLON) continue;
      this.names.push(NAMES.sub(from, at));
      if (byte == SEMICOLON) this.ends.push(this.names.length);
      from = at + 1;
    }
  }
}

const KEYS: Keys = new Keys();
