import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Backend, Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { withoutHead } from "../image";
import { parseAnalysis, parseShield } from "./answer";
import { TextOptions } from "./options";
import { AzureResource } from "./resource";

/** Azure AI Content Safety: severities of texts and images (content-security.md 8.2). */
@final
export class AzureAnalysis extends Backend {
  private readonly options: TextOptions;

  constructor(
    private readonly resource: AzureResource,
    config: ConfigReader,
  ) {
    super(resource.service.client);
    this.options = new TextOptions(config);
  }

  override get maxChars(): i32 {
    return this.resource.service.maxChars;
  }

  override get knowsImages(): bool {
    return true;
  }

  override ask(question: Question): HttpRequest {
    const json = new JsonWriter().openObject();
    if (!question.isImage) {
      json.key("text").text(question.text);
      this.options.write(json);
      return this.resource.post("/text:analyze", json.closeObject());
    }
    json.key("image").openObject();
    if (question.isBase64) json.key("content").text(withoutHead(question.text));
    else json.key("blobUrl").text(question.text);
    return this.resource.post("/image:analyze", json.closeObject().closeObject());
  }

  override parse(_question: Question, body: Slice): Judgement | null {
    return parseAnalysis(body);
  }
}

/** What Prompt Shields takes at once. */
const MAX_DOCUMENTS: i32 = 5;

/** Azure's Prompt Shields: attacks on the model in requests. */
@final
export class AzureShield extends Backend {
  constructor(private readonly resource: AzureResource) {
    super(resource.service.client);
  }

  override get maxChars(): i32 {
    return this.resource.service.maxChars;
  }

  override get wantsDocuments(): bool {
    return true;
  }

  override judges(question: Question): bool {
    return question.phase == Phase.Request && !question.isImage;
  }

  override ask(question: Question): HttpRequest {
    const json = new JsonWriter().openObject().key("userPrompt").text(question.text);
    json.key("documents").openArray();
    const documents = question.documents;
    for (let i = 0; i < min(documents.length, MAX_DOCUMENTS - 1); i++) json.text(documents[i]);
    const rest = joined(documents, MAX_DOCUMENTS - 1);
    if (!rest.isEmpty) json.text(rest);
    return this.resource.post("/text:shieldPrompt", json.closeArray().closeObject());
  }

  override parse(question: Question, body: Slice): Judgement | null {
    return parseShield(body, min(question.documents.length, MAX_DOCUMENTS));
  }
}

/** Those from the given one on, as lines of one. */
function joined(documents: Slice[], from: i32): Slice {
  const out = new Builder();
  for (let i = from; i < documents.length; i++) {
    if (i > from) out.appendByte(0x0a);
    out.append(documents[i]);
  }
  return out.view();
}
