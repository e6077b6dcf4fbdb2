import { JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, trim } from "@ai-gateway-wasm/bytes";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Backend, Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { levelOf } from "../../judge/level";
import { Thresholds } from "../../judge/thresholds";
import { Verdict, verdictByDimension } from "../../judge/verdict";
import { findText, readObject } from "../document";
import { GuardConfig } from "./config";
import { lastRunes } from "../../runes";
import { ASSISTANT, CHOICES, CONTENT, ID, MESSAGE, USER } from "../../words";

const SYSTEM: Slice = bytes("system");
const MAX_TOKENS: i64 = 128;

/** A model behind a chat API that says whether a text is safe (content-security.md 8.3, 4.7). */
@final
export class ChatGuard extends Backend {
  constructor(private readonly config: GuardConfig) {
    super(config.service.client);
  }

  override get maxChars(): i32 {
    return this.config.service.maxChars;
  }

  override get isCumulative(): bool {
    return this.config.isCumulative;
  }

  override get wantsPrompt(): bool {
    return true;
  }

  /** The peer does not ask about blanks. */
  override judges(question: Question): bool {
    return super.judges(question) && !(this.config.isPeer && trim(question.text).isEmpty);
  }

  override ask(question: Question): HttpRequest {
    const config = this.config;
    const json = new JsonWriter().openObject().key("model").text(config.model);
    json.key("messages").openArray();
    if (!config.systemPrompt.isEmpty) writeMessage(json, SYSTEM, config.systemPrompt);
    if (question.phase == Phase.Request) {
      writeMessage(json, USER, question.text);
    } else {
      const prompt = lastRunes(question.prompt, config.service.maxChars);
      if (!trim(prompt).isEmpty) writeMessage(json, USER, prompt);
      writeMessage(json, ASSISTANT, question.text);
    }
    json.closeArray().key("max_tokens").integer(MAX_TOKENS);
    if (!config.isPeer) json.key("temperature").integer(0);
    return config.service.post(config.path, json.closeObject().toSlice());
  }

  override parse(_question: Question, body: Slice): Judgement | null {
    const completion = readObject(body);
    if (completion === null) return null;
    const judgement = this.config.parser.parse(contentOf(completion));
    if (judgement !== null) judgement.requestId = idOf(completion);
    return judgement;
  }

  override requestIdOf(body: Slice): Slice {
    const completion = readObject(body);
    return completion === null ? NO_BYTES : idOf(completion);
  }

  /** As qwen3guard: by the label, in whatever dimension. */
  override verdict(judgement: Judgement, thresholds: Thresholds): Verdict {
    const bar = this.config.bar;
    if (bar == 0) return verdictByDimension(judgement, thresholds);
    for (let i = 0; i < judgement.findings.length; i++) {
      if (levelOf(judgement.findings[i].level) >= bar) return Verdict.Deny;
    }
    return Verdict.Pass;
  }
}

function writeMessage(json: JsonWriter, role: Slice, content: Slice): void {
  json.openObject().key("role").text(role).key("content").text(content).closeObject();
}

function idOf(completion: JsonValue): Slice {
  return trim(findText(completion, ID));
}

/** What the first choice says; no bytes: there is none. */
function contentOf(completion: JsonValue): Slice {
  const choices = completion.get(CHOICES);
  if (choices === null) return NO_BYTES;
  const choice = choices.item(0);
  if (choice === null) return NO_BYTES;
  const message = choice.get(MESSAGE);
  return message === null ? NO_BYTES : findText(message, CONTENT);
}
