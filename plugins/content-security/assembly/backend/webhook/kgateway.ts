import { JsonValue, quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { WebhookContract } from "./contract";
import { refuse, replace } from "./outcome";
import { CHOICES, CONTENT, MESSAGE, MESSAGES } from "../../words";

const REQUEST: Slice = bytes("/request");
const RESPONSE: Slice = bytes("/response");

/** What stands before the text in a body. */
const ASKED: Slice = bytes('{"body":{"messages":[{"role":"user","content":');
const ANSWERED: Slice = bytes('{"body":{"choices":[{"message":{"role":"assistant","content":');

const ACTION: Slice = bytes("action");
const BODY: Slice = bytes("body");
const REASON: Slice = bytes("reason");

/** The guardrail webhook of agentgateway and Gloo: a path per phase, answers told apart by shape. */
@final
export class KgatewayContract extends WebhookContract {
  override get knowsImages(): bool {
    return false;
  }

  override path(question: Question): Slice {
    return question.phase == Phase.Request ? REQUEST : RESPONSE;
  }

  override body(question: Question): Slice {
    const isRequest = question.phase == Phase.Request;
    const json = new Builder(question.text.length + 64).append(isRequest ? ASKED : ANSWERED);
    return json
      .append(quote(question.text))
      .appendText(isRequest ? "}]}}" : "}}]}}")
      .view();
  }

  override parse(question: Question, body: Slice): Judgement | null {
    const answer = readObject(body);
    if (answer === null) return null;
    const action = answer.get(ACTION);
    if (action === null || !action.isObject) return null;
    return parseAction(question, action);
  }
}

/** A text refuses, an object masks, nothing passes. The status is ours to choose. */
function parseAction(question: Question, action: JsonValue): Judgement | null {
  const judgement = new Judgement();
  const reason = findText(action, REASON);
  const body = action.get(BODY);
  if (body === null || body.isNull) return judgement;
  if (body.isObject) {
    return replace(judgement, question.text, contentOf(question.phase, body), reason);
  }
  if (!body.isString) return null;
  judgement.message = findText(action, BODY);
  return refuse(judgement, reason);
}

/** The text of the one message; null: the numbers of messages differ. */
function contentOf(phase: Phase, body: JsonValue): Slice | null {
  const isRequest = phase == Phase.Request;
  const list = body.get(isRequest ? MESSAGES : CHOICES);
  if (list === null || list.count() != 1) return null;
  let message = list.item(0);
  if (message !== null && !isRequest) message = message.get(MESSAGE);
  if (message === null) return null;
  const content = message.get(CONTENT);
  if (content === null || !content.isString) return null;
  return findText(message, CONTENT);
}
