import { decimal } from "@ai-gateway-wasm/bytes";
import { RegexError, RegexFault } from "@ai-gateway-wasm/match/find";

/** True when other engines may know what this one refuses (content-security.md 9.2). */
export function isUnsupported(error: RegexError): bool {
  const fault = error.fault;
  return (
    fault == RegexFault.PerlOperator ||
    fault == RegexFault.Escape ||
    fault == RegexFault.RepeatOperator
  );
}

/** Why an expression is refused. */
export function regexMessage(error: RegexError): string {
  if (isUnsupported(error)) {
    const construct = error.fragment.toString();
    return 'unsupported regex construct "' + construct + '" at ' + decimal(error.offset);
  }
  // The message would repeat all of it.
  return error.fault == RegexFault.TooLarge ? "expression too large" : error.message;
}
