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
  return PLACES[place].find(at, length);
}

/** The keys of one place. A dozen at most: compared one by one, length first. */
@final
class Keys {
  private readonly names: Slice[] = [];

  /**
   * @param words the names, with a blank between them: constants of their own take code at start
   * @param targets where each leads
   */
  constructor(
    words: Slice,
    private readonly targets: StaticArray<i32>,
  ) {
    let from = 0;
    for (let at = 0; at <= words.length; at++) {
      if (at < words.length && words.at(at) != BLANK) continue;
      this.names.push(words.sub(from, at));
      from = at + 1;
    }
  }

  find(at: usize, length: i32): i32 {
    const names = this.names;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name.length == length && sameBytes(name.ptr, at, length)) return this.targets[i];
    }
    return UNKNOWN_KEY;
  }
}

/** By place. */
const PLACES: StaticArray<Keys> = [
  new Keys(bytes("id model usage usageMetadata response message body modelVersion responseId"), [
    Field.Id,
    Field.Model,
    FIRST_PLACE + Place.Usage,
    FIRST_PLACE + Place.Gemini,
    FIRST_PLACE + Place.Response,
    FIRST_PLACE + Place.Message,
    FIRST_PLACE + Place.Body,
    Field.ModelVersion,
    Field.ResponseId,
  ]),
  new Keys(
    bytes(
      "prompt_tokens completion_tokens total_tokens input_tokens output_tokens prompt_tokens_details completion_tokens_details input_tokens_details output_tokens_details cache_creation_input_tokens cache_read_input_tokens",
    ),
    [
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
    ],
  ),
  new Keys(
    bytes(
      "promptTokenCount candidatesTokenCount totalTokenCount promptTokensDetails candidatesTokensDetails cachedContentTokenCount toolUsePromptTokenCount thoughtsTokenCount",
    ),
    [
      Field.GeminiPromptTokens,
      Field.GeminiCandidatesTokens,
      Field.GeminiTotalTokens,
      Field.GeminiPromptDetails,
      Field.GeminiCandidatesDetails,
      Field.CachedContent,
      Field.ToolUsePrompt,
      Field.Thoughts,
    ],
  ),
  new Keys(bytes("usage model id"), [
    FIRST_PLACE + Place.ResponseUsage,
    Field.ResponseModel,
    Field.NestedResponseId,
  ]),
  new Keys(
    bytes("input_tokens output_tokens total_tokens input_tokens_details output_tokens_details"),
    [
      Field.ResponseInputTokens,
      Field.ResponseOutputTokens,
      Field.ResponseTotalTokens,
      Field.ResponseInputDetails,
      Field.ResponseOutputDetails,
    ],
  ),
  new Keys(bytes("usage model id"), [
    FIRST_PLACE + Place.MessageUsage,
    Field.MessageModel,
    Field.MessageId,
  ]),
  new Keys(
    bytes("input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens"),
    [
      Field.MessageInputTokens,
      Field.MessageOutputTokens,
      Field.MessageCacheCreation,
      Field.MessageCacheRead,
    ],
  ),
  new Keys(bytes("model"), [Field.BodyModel]),
];
