import { Slice } from "@ai-gateway-wasm/bytes";
import { Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";

/** What a webhook is sent and what it answers (content-security.md 8.4). */
export abstract class WebhookContract {
  /** The path of a question, below the configured one. */
  abstract path(question: Question): Slice;

  abstract body(question: Question): Slice;

  /** What the answer says; null: nothing that can be relied on. */
  abstract parse(question: Question, body: Slice): Judgement | null;

  /** True: images may be sent. */
  abstract get knowsImages(): bool;
}
