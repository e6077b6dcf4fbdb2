import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";

/**
 * What blocked a text, for programs (content-security.md 4.5).
 *
 * @param message no bytes: it says none
 */
export function denyObject(denial: Denial, code: i64, message: Slice): Slice {
  const json = new JsonWriter(Escape.Go).openObject().key("code").integer(code);
  if (!message.isEmpty) json.key("denyMessage").text(message);
  json.key("blockedDetails").openArray();
  for (let i = 0; i < denial.blocked.length; i++) {
    json.openObject().key("type").text(denial.blocked[i].type);
    json.key("level").text(denial.blocked[i].level).closeObject();
  }
  return json.closeArray().closeObject().toSlice();
}

/** As the service found it; where nothing can be said of the judgement, what people are told. */
export function denyObjectOf(denial: Denial, deny: DenyConfig): Slice {
  const judgement = denial.judgement;
  if (judgement === null) return denyObject(denial, deny.status, deny.textFor(denial));
  return denyObject(denial, judgement.code, deny.configured);
}
