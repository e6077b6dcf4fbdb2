import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { Backend, Phase, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { Thresholds } from "../../judge/thresholds";
import { Verdict, verdictAsOffered } from "../../judge/verdict";
import { readService, Service } from "../service";
import { parseGuardrail } from "./answer";

const DRAFT: Slice = bytes("DRAFT");

/** A guardrail of Amazon Bedrock, with an API key of Bedrock (content-security.md 8.5). */
@final
export class Bedrock extends Backend {
  private readonly service: Service;
  private readonly path: Slice;

  constructor(config: ConfigReader) {
    const service = readService(config, regionalHost(config));
    super(service.client);
    service.authorizeBearer(config);
    this.service = service;
    this.path = readPath(config);
  }

  override get maxChars(): i32 {
    return this.service.maxChars;
  }

  override masks(_isWanted: bool): bool {
    return true;
  }

  override ask(question: Question): HttpRequest {
    const isInput = question.phase == Phase.Request;
    const json = new Builder(question.text.length + 64).appendText('{"source":"');
    json.appendText(isInput ? "INPUT" : "OUTPUT").appendText('","content":[{"text":{"text":');
    json.append(quote(question.text)).appendText("}}]}");
    return this.service.post(this.path, json.view());
  }

  override parse(_question: Question, body: Slice): Judgement | null {
    return parseGuardrail(body);
  }

  override verdict(judgement: Judgement, thresholds: Thresholds): Verdict {
    return verdictAsOffered(judgement, thresholds);
  }
}

/** The host that `region` names; no bytes: it names none. */
function regionalHost(config: ConfigReader): Slice {
  const region = config.text("region");
  if (region.isEmpty) return NO_BYTES;
  const host = new Builder().appendText("bedrock-runtime.").append(region);
  return host.appendText(".amazonaws.com").toSlice();
}

function readPath(config: ConfigReader): Slice {
  const id = readSegment(config, "guardrailId", NO_BYTES);
  if (id.isEmpty) config.refuse("guardrailId", "is required");
  const path = new Builder().appendText("/guardrail/").append(id).appendText("/version/");
  path.append(readSegment(config, "guardrailVersion", DRAFT));
  return path.appendText("/apply").toSlice();
}

/** Letters and digits: it stands in a path. */
function readSegment(config: ConfigReader, field: string, fallback: Slice): Slice {
  const text = config.text(field, fallback);
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (<u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10) continue;
    config.refuse(field, "must be letters and digits");
    break;
  }
  return text;
}
