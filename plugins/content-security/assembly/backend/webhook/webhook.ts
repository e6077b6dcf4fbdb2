import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Backend, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { Thresholds } from "../../judge/thresholds";
import { Verdict, verdictAsOffered } from "../../judge/verdict";
import { readPath, readService, Service } from "../service";
import { WebhookContract } from "./contract";
import { KgatewayContract } from "./kgateway";
import { LiteLlmContract } from "./litellm";

const CONTRACTS: string[] = ["litellm", "kgateway"];
const LITELLM_PATH: string = "/beta/litellm_basic_guardrail_api";
const NO_PARAMETERS: Slice = bytes("{}");

/** Any service that speaks one of two contracts (content-security.md 8.4). */
@final
export class Webhook extends Backend {
  private readonly service: Service;
  private readonly path: Slice;
  private readonly contract: WebhookContract;

  constructor(config: ConfigReader) {
    const service = readService(config);
    super(service.client);
    service.authorizeBearer(config);
    const isLiteLlm = config.choice("contract", CONTRACTS, 0) == 0;
    this.service = service;
    this.path = readPath(config, isLiteLlm ? LITELLM_PATH : "");
    this.contract = isLiteLlm ? readLiteLlm(config) : new KgatewayContract();
  }

  override get maxChars(): i32 {
    return this.service.maxChars;
  }

  override get knowsImages(): bool {
    return this.contract.knowsImages;
  }

  override masks(_isWanted: bool): bool {
    return true;
  }

  override ask(question: Question): HttpRequest {
    const path = new Builder().append(this.path).append(this.contract.path(question));
    return this.service.post(path.view(), this.contract.body(question));
  }

  override parse(question: Question, body: Slice): Judgement | null {
    return this.contract.parse(question, body);
  }

  override verdict(judgement: Judgement, thresholds: Thresholds): Verdict {
    return verdictAsOffered(judgement, thresholds);
  }
}

function readLiteLlm(config: ConfigReader): WebhookContract {
  const parameters = config.find("parameters");
  if (parameters === null || parameters.isNull) return new LiteLlmContract(NO_PARAMETERS);
  if (!parameters.isObject) config.refuse("parameters", "must be an object");
  return new LiteLlmContract(parameters.raw.copy());
}
