import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isOneOf } from "./api/leaves";
import { Scope } from "./scope";
import { Texts } from "./texts";
import { INPUT, TEXT, USER } from "./words";

const INSTRUCTIONS: Slice = bytes("instructions");
const PROMPT: Slice = bytes("prompt");
/** A prompt as vectors, in vLLM. */
const EMBEDDINGS: Slice = bytes("prompt_embeds");
const SUFFIX: Slice = bytes("suffix");
const PREDICTION: Slice = bytes("prediction");
/** What chats are about, in vLLM and others. */
const DOCUMENTS: Slice = bytes("documents");
/** An earlier conversation as token ids, in Ollama. */
const CONTEXT: Slice = bytes("context");
const SYSTEM: Slice = bytes("system");

/** Members with descriptions that models read: of tools, and of forms of answers. */
const DESCRIBED: Slice[] = [bytes("tools"), bytes("functions"), bytes("response_format"), TEXT];
/** What of them says something, in a text or a list; a property may have such a name, too. */
const DESCRIBING: Slice = bytes("description title default const enum examples ");
/** No schema is so deep; hostile documents would cost its square. */
const MAX_DEPTH: i32 = 64;

/** Takes what a request says: of all turns the system's words and those about tools, too. */
export function takeRequest(texts: Texts, scope: Scope): void {
  if (scope == Scope.All) {
    takeMember(texts, SYSTEM, SYSTEM);
    takeMember(texts, INSTRUCTIONS, SYSTEM);
    for (let i = 0; i < DESCRIBED.length; i++) {
      const value = texts.member(DESCRIBED[i]);
      if (value !== null) takeDescriptions(texts, value, 0);
    }
  }
  texts.takeMessages(scope);
  takeInput(texts, scope);
  // Of completions; nothing can hide beside messages.
  takeMember(texts, PROMPT, USER);
  takeMember(texts, SUFFIX, USER);
  takeMember(texts, PREDICTION, USER);
  takeMember(texts, DOCUMENTS, USER);
  takeMember(texts, CONTEXT, USER);
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

/** At any depth: a schema has some of its parts. */
function takeDescriptions(texts: Texts, value: JsonValue, depth: i32): void {
  const members = value.entries();
  while (members.next()) {
    const member = members.value;
    if (value.isObject && !member.isObject && isOneOf(members.key, DESCRIBING)) {
      texts.takeLeaves(member, SYSTEM, NO_BYTES);
    } else if (depth < MAX_DEPTH) takeDescriptions(texts, member, depth + 1);
    else texts.isAmbiguous = true;
  }
}
