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
  private readonly targets: i32[] = [];

  to(field: Field, name: Slice): Keys {
    return this.add(field, name);
  }

  into(place: Place, name: Slice): Keys {
    return this.add(FIRST_PLACE + place, name);
  }

  find(at: usize, length: i32): i32 {
    const names = this.names;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name.length == length && sameBytes(name.ptr, at, length)) return this.targets[i];
    }
    return UNKNOWN_KEY;
  }

  private add(target: i32, name: Slice): Keys {
    this.names.push(name);
    this.targets.push(target);
    return this;
  }
}

const USAGE: Slice = bytes("usage");
const MODEL: Slice = bytes("model");
const ID: Slice = bytes("id");
const INPUT_TOKENS: Slice = bytes("input_tokens");
const OUTPUT_TOKENS: Slice = bytes("output_tokens");
const TOTAL_TOKENS: Slice = bytes("total_tokens");
const INPUT_DETAILS: Slice = bytes("input_tokens_details");
const OUTPUT_DETAILS: Slice = bytes("output_tokens_details");
const CACHE_CREATION: Slice = bytes("cache_creation_input_tokens");
const CACHE_READ: Slice = bytes("cache_read_input_tokens");
const USAGE_METADATA: Slice = bytes("usageMetadata");
const RESPONSE: Slice = bytes("response");
const MESSAGE: Slice = bytes("message");
const BODY: Slice = bytes("body");
const MODEL_VERSION: Slice = bytes("modelVersion");
const RESPONSE_ID: Slice = bytes("responseId");
const PROMPT_TOKENS: Slice = bytes("prompt_tokens");
const COMPLETION_TOKENS: Slice = bytes("completion_tokens");
const PROMPT_DETAILS: Slice = bytes("prompt_tokens_details");
const COMPLETION_DETAILS: Slice = bytes("completion_tokens_details");
const PROMPT_TOKEN_COUNT: Slice = bytes("promptTokenCount");
const CANDIDATES_TOKEN_COUNT: Slice = bytes("candidatesTokenCount");
const TOTAL_TOKEN_COUNT: Slice = bytes("totalTokenCount");
const PROMPT_TOKENS_DETAILS: Slice = bytes("promptTokensDetails");
const CANDIDATES_TOKENS_DETAILS: Slice = bytes("candidatesTokensDetails");
const CACHED_CONTENT_TOKEN_COUNT: Slice = bytes("cachedContentTokenCount");
const TOOL_USE_PROMPT_TOKEN_COUNT: Slice = bytes("toolUsePromptTokenCount");
const THOUGHTS_TOKEN_COUNT: Slice = bytes("thoughtsTokenCount");

/** By place. */
const PLACES: StaticArray<Keys> = [
  new Keys()
    .to(Field.Id, ID)
    .to(Field.Model, MODEL)
    .into(Place.Usage, USAGE)
    .into(Place.Gemini, USAGE_METADATA)
    .into(Place.Response, RESPONSE)
    .into(Place.Message, MESSAGE)
    .into(Place.Body, BODY)
    .to(Field.ModelVersion, MODEL_VERSION)
    .to(Field.ResponseId, RESPONSE_ID),
  new Keys()
    .to(Field.PromptTokens, PROMPT_TOKENS)
    .to(Field.CompletionTokens, COMPLETION_TOKENS)
    .to(Field.TotalTokens, TOTAL_TOKENS)
    .to(Field.InputTokens, INPUT_TOKENS)
    .to(Field.OutputTokens, OUTPUT_TOKENS)
    .to(Field.PromptDetails, PROMPT_DETAILS)
    .to(Field.CompletionDetails, COMPLETION_DETAILS)
    .to(Field.InputDetails, INPUT_DETAILS)
    .to(Field.OutputDetails, OUTPUT_DETAILS)
    .to(Field.CacheCreation, CACHE_CREATION)
    .to(Field.CacheRead, CACHE_READ),
  new Keys()
    .to(Field.GeminiPromptTokens, PROMPT_TOKEN_COUNT)
    .to(Field.GeminiCandidatesTokens, CANDIDATES_TOKEN_COUNT)
    .to(Field.GeminiTotalTokens, TOTAL_TOKEN_COUNT)
    .to(Field.GeminiPromptDetails, PROMPT_TOKENS_DETAILS)
    .to(Field.GeminiCandidatesDetails, CANDIDATES_TOKENS_DETAILS)
    .to(Field.CachedContent, CACHED_CONTENT_TOKEN_COUNT)
    .to(Field.ToolUsePrompt, TOOL_USE_PROMPT_TOKEN_COUNT)
    .to(Field.Thoughts, THOUGHTS_TOKEN_COUNT),
  new Keys()
    .into(Place.ResponseUsage, USAGE)
    .to(Field.ResponseModel, MODEL)
    .to(Field.NestedResponseId, ID),
  new Keys()
    .to(Field.ResponseInputTokens, INPUT_TOKENS)
    .to(Field.ResponseOutputTokens, OUTPUT_TOKENS)
    .to(Field.ResponseTotalTokens, TOTAL_TOKENS)
    .to(Field.ResponseInputDetails, INPUT_DETAILS)
    .to(Field.ResponseOutputDetails, OUTPUT_DETAILS),
  new Keys().into(Place.MessageUsage, USAGE).to(Field.MessageModel, MODEL).to(Field.MessageId, ID),
  new Keys()
    .to(Field.MessageInputTokens, INPUT_TOKENS)
    .to(Field.MessageOutputTokens, OUTPUT_TOKENS)
    .to(Field.MessageCacheCreation, CACHE_CREATION)
    .to(Field.MessageCacheRead, CACHE_READ),
  new Keys().to(Field.BodyModel, MODEL),
];
