import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { findText, readObject } from "../document";
import { WebhookContract } from "./contract";
import { refuse, replace } from "./outcome";

const REQUEST: Slice = bytes("/request");
const RESPONSE: Slice = bytes("/response");
const USER: Slice = bytes("user");
const ASSISTANT: Slice = bytes("assistant");

const ACTION: Slice = bytes("action");
const BODY: Slice = bytes("body");
const REASON: Slice = bytes("reason");
const MESSAGES: Slice = bytes("messages");
const CHOICES: Slice = bytes("choices");
const MESSAGE: Slice = bytes("message");
const CONTENT: Slice = bytes("content");

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
    const json = new JsonWriter().openObject().key("body").openObject();
    if (question.phase == Phase.Request) {
      json.key("messages").openArray();
      writeMessage(json, USER, question.text);
    } else {
      json.key("choices").openArray().openObject().key("message");
      writeMessage(json, ASSISTANT, question.text);
      json.closeObject();
    }
    return json.closeArray().closeObject().closeObject().toSlice();
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

function writeMessage(json: JsonWriter, role: Slice, content: Slice): void {
  json.openObject().key("role").text(role).key("content").text(content).closeObject();
}
