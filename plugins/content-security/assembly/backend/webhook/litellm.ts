import { JsonValue, JsonWriter, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { urlOf } from "../image";
import { WebhookContract } from "./contract";
import { refuse, replace } from "./outcome";

const ACTION: Slice = bytes("action");
const REASON: Slice = bytes("blocked_reason");
const TEXTS: Slice = bytes("texts");

const NONE: Slice = bytes("NONE");
const BLOCKED: Slice = bytes("BLOCKED");
const INTERVENED: Slice = bytes("GUARDRAIL_INTERVENED");

/** LiteLLM's generic guardrail API: one path for all. */
@final
export class LiteLlmContract extends WebhookContract {
  /** @param parameters JSON object of the operator's own, for the service */
  constructor(private readonly parameters: Slice) {
    super();
  }

  override get knowsImages(): bool {
    return true;
  }

  override path(_question: Question): Slice {
    return NO_BYTES;
  }

  override body(question: Question): Slice {
    const json = new JsonWriter().openObject().key("texts").openArray();
    if (!question.isImage) {
      json.text(question.text).closeArray();
    } else {
      json.closeArray().key("images").openArray().text(urlOf(question)).closeArray();
    }
    const isRequest = question.phase == Phase.Request;
    json.key("input_type").string(isRequest ? "request" : "response");
    json.key("request_data").openObject().closeObject();
    json.key("litellm_call_id").text(question.sessionId);
    json.key("additional_provider_specific_params").raw(this.parameters);
    return json.closeObject().toSlice();
  }

  /** An image that the service would rather have changed is refused. */
  override parse(question: Question, body: Slice): Judgement | null {
    const answer = readObject(body);
    if (answer === null) return null;
    const action = findText(answer, ACTION);
    const judgement = new Judgement();
    if (action.equals(NONE)) return judgement;
    const reason = findText(answer, REASON);
    if (action.equals(BLOCKED)) return refuse(judgement, reason);
    if (!action.equals(INTERVENED)) return null;
    if (question.isImage) return refuse(judgement, reason);
    return replace(judgement, question.text, onlyText(answer.get(TEXTS)), reason);
  }
}

/** The one text of a list, kept; null: the list has not one element, or it is no text. */
function onlyText(list: JsonValue | null): Slice | null {
  if (list === null || list.count() != 1) return null;
  const item = list.item(0);
  if (item === null || !item.isString) return null;
  return stringOf(item).kept();
}
