import { KeyPath } from "@ai-gateway-wasm/as-json";
import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Pairs, requestBody, requestHeaders } from "proxy-wasm-as";
import { Attempt } from "./attempt";
import { HeadEdits } from "./head-edits";
import { CONTENT_LENGTH, PATH } from "./names";

/**
 * Makes the running request, whose headers are held and whose body is complete, one to the target of
 * an attempt.
 *
 * @param edits further edits of its head
 * @param present its headers as they are now
 * @param body its body as it is now
 */
export function rewriteRequest(
  attempt: Attempt,
  edits: HeadEdits,
  present: Pairs,
  body: Slice,
  modelKey: KeyPath,
): void {
  const path = present.find(PATH);
  attempt.editHead(edits, path === null ? NO_BYTES : path);
  const edited = attempt.editBody(body, modelKey);
  if (edited !== body) {
    requestBody.replace(edited);
    edits.set(CONTENT_LENGTH, digits(edited.length));
  }
  edits.applyTo(requestHeaders, present);
}
