import { Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObject } from "./deny-object";

/** What the assistant says in a refusal (content-security.md 4.5, decision 11.1). */
export const enum DenyFormat {
  /** The deny object as a text. */
  Legacy,
  /** The text; chat completions have the deny object beside it. */
  Structured,
  /** The text alone. */
  Message,
}

/** What stands where the answer of the model would. */
export function contentOf(denial: Denial, deny: DenyConfig, format: DenyFormat): Slice {
  const judgement = denial.judgement;
  if (format != DenyFormat.Legacy || judgement === null) return deny.textFor(denial);
  return denyObject(denial, judgement.code, deny.configured);
}
