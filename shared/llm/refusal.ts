// Answers in place of the upstream's, as plain texts or as the error objects of LLM APIs.
export { JSON_TYPE, readRefusalFormat, RefusalFormat, Reply } from "./assembly/refusal";
