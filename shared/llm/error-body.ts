// The error objects of LLM APIs, which their client libraries turn into exceptions.
export { anthropicError, openAiError } from "./assembly/error-body";
