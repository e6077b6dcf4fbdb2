import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Scope } from "./scope";
import { Texts } from "./texts";
import { INPUT, USER } from "./words";

const INSTRUCTIONS: Slice = bytes("instructions");
const PROMPT: Slice = bytes("prompt");
/** A prompt as vectors, in vLLM. */
const EMBEDDINGS: Slice = bytes("prompt_embeds");
const SUFFIX: Slice = bytes("suffix");
const PREDICTION: Slice = bytes("prediction");
const SYSTEM: Slice = bytes("system");

/** Takes what a request says: of all turns the system's words, too. */
export function takeRequest(texts: Texts, scope: Scope): void {
  if (scope == Scope.All) {
    takeMember(texts, SYSTEM, SYSTEM);
    takeMember(texts, INSTRUCTIONS, SYSTEM);
  }
  texts.takeMessages(scope);
  takeInput(texts, scope);
  // Of completions; nothing can hide beside messages.
  takeMember(texts, PROMPT, USER);
  takeMember(texts, SUFFIX, USER);
  takeMember(texts, PREDICTION, USER);
  const embeddings = texts.member(EMBEDDINGS);
  if (embeddings !== null && !embeddings.isNull) texts.isAmbiguous = true;
}

/** A text, a list of texts or parts, or a part. */
function takeMember(texts: Texts, name: Slice, role: Slice): void {
  const value = texts.member(name);
  if (value !== null) texts.take(value, role, 2);
}

/**
 * Takes the input of a request of OpenAI's responses: a text, or items like messages. Whatever the
 * request's path: it is the client who chooses that, and servers agree with more than one.
 */
function takeInput(texts: Texts, scope: Scope): void {
  const input = texts.member(INPUT);
  if (input !== null && input.isArray) texts.takeTurns(input, scope);
  else takeMember(texts, INPUT, USER);
}
