import type { ModelRequest } from "./messages.js";
import { countTokens, tokenize, usage, type Usage } from "./tokens.js";

/** Whose credential came with a request, as far as the model can tell. */
export type Credential = "provider" | "other" | "none";

/** What an answer may mention about how its request arrived. */
export interface Arrival {
  /** The consumer the gateway named; null when it named none. */
  consumer: string | null;
  credential: Credential;
}

/** The text of an answer, cut to pieces as a model would stream it. */
export interface Answer {
  pieces: string[];
  finishReason: "stop" | "length";
  usage: Usage;
}

const CREDENTIAL: Record<Credential, string> = {
  provider: "Your request arrived with the provider's key; your own key stayed at the gateway.",
  other: "Your request arrived with a key that is not the provider's.",
  none: "Your request arrived without a key.",
};
const QUOTED = 80;

/** What the mock says when nobody told it what to say. */
export function greeting(request: ModelRequest, arrival: Arrival): string {
  const who = arrival.consumer ?? "stranger";
  const asked = request.question.slice(0, QUOTED);
  return `Hello ${who}, this is ${request.model}. You asked: "${asked}". ${CREDENTIAL[arrival.credential]}`;
}

/**
 * Cuts the text after the request's longest answer and counts tokens.
 *
 * @param chunkTokens tokens per piece of a stream
 */
export function answer(request: ModelRequest, text: string, chunkTokens: number): Answer {
  const tokens = toPieces(text);
  const kept = tokens.slice(0, request.maxTokens);
  const pieces: string[] = [];
  for (let at = 0; at < kept.length; at += chunkTokens) {
    pieces.push(kept.slice(at, at + chunkTokens).join(""));
  }
  return {
    pieces,
    finishReason: kept.length < tokens.length ? "length" : "stop",
    usage: usage(countTokens(request.prompt), kept.length),
  };
}

/** One piece per token, the white space before it included; joined they are the text again. */
function toPieces(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const token of tokenize(text)) {
    const to = text.indexOf(token, from) + token.length;
    pieces.push(text.slice(from, to));
    from = to;
  }
  const rest = text.slice(from);
  if (rest) pieces.push((pieces.pop() ?? "") + rest);
  return pieces;
}
