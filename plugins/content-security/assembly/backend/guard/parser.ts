import { Slice } from "@ai-gateway-wasm/bytes";
import { Judgement } from "../../judge/judgement";

/** Reads what a guard model says (content-security.md 8.3). */
export abstract class GuardParser {
  /** What the answer says; null: no label, nothing that can be relied on. */
  abstract parse(content: Slice): Judgement | null;
}
