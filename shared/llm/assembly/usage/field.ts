/**
 * The values of a response that count, each named after its path. Where one fact has several paths
 * they stand together, in order of precedence (token-rate-limit contract A.2), so that "the first
 * that exists" is the lowest number that was found.
 */
export const enum Field {
  // Texts, kept as JSON.
  Model, // model
  BodyModel, // body.model (batches)
  ResponseModel, // response.model (OpenAI responses, stream)
  MessageModel, // message.model (Anthropic message_start)
  ModelVersion, // modelVersion (Gemini)

  Id, // id
  NestedResponseId, // response.id
  ResponseId, // responseId (Gemini)
  MessageId, // message.id

  // Objects, kept as JSON.
  PromptDetails, // usage.prompt_tokens_details
  ResponseInputDetails, // response.usage.input_tokens_details
  InputDetails, // usage.input_tokens_details
  GeminiPromptDetails, // usageMetadata.promptTokensDetails

  CompletionDetails, // usage.completion_tokens_details
  ResponseOutputDetails, // response.usage.output_tokens_details
  OutputDetails, // usage.output_tokens_details
  GeminiCandidatesDetails, // usageMetadata.candidatesTokensDetails

  // Numbers.
  PromptTokens, // usage.prompt_tokens
  InputTokens, // usage.input_tokens
  ResponseInputTokens, // response.usage.input_tokens
  GeminiPromptTokens, // usageMetadata.promptTokenCount
  MessageInputTokens, // message.usage.input_tokens

  CompletionTokens, // usage.completion_tokens
  OutputTokens, // usage.output_tokens
  ResponseOutputTokens, // response.usage.output_tokens
  GeminiCandidatesTokens, // usageMetadata.candidatesTokenCount
  MessageOutputTokens, // message.usage.output_tokens

  TotalTokens, // usage.total_tokens
  ResponseTotalTokens, // response.usage.total_tokens
  GeminiTotalTokens, // usageMetadata.totalTokenCount

  CacheCreation, // usage.cache_creation_input_tokens
  MessageCacheCreation, // message.usage.cache_creation_input_tokens

  CacheRead, // usage.cache_read_input_tokens
  MessageCacheRead, // message.usage.cache_read_input_tokens

  CachedContent, // usageMetadata.cachedContentTokenCount
  ToolUsePrompt, // usageMetadata.toolUsePromptTokenCount
  Thoughts, // usageMetadata.thoughtsTokenCount

  /** Not a value: how many there are. */
  Count,
}

/** Fields below this one are kept as text, those from here as numbers. */
export const FIRST_NUMBER: i32 = Field.PromptTokens;

/** Whether the value is only wanted when it is an object. */
export function isDetails(field: i32): bool {
  return field >= Field.PromptDetails && field <= Field.GeminiCandidatesDetails;
}
