import { JsonWriter } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";
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

  override judges(_question: Question): bool {
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

/** Azure's Prompt Shields: attacks on the model in requests. */
@final
export class AzureShield extends Backend {
  constructor(private readonly resource: AzureResource) {
    super(resource.service.client);
  }

  override get maxChars(): i32 {
    return this.resource.service.maxChars;
  }

  override judges(question: Question): bool {
    return question.phase == Phase.Request && !question.isImage;
  }

  override ask(question: Question): HttpRequest {
    const json = new JsonWriter().openObject().key("userPrompt").text(question.text);
    json.key("documents").openArray().closeArray().closeObject();
    return this.resource.post("/text:shieldPrompt", json);
  }

  override parse(_question: Question, body: Slice): Judgement | null {
    return parseShield(body);
  }
}
