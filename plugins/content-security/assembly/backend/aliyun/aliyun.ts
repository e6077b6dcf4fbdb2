import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { HttpRequest } from "@ai-gateway-wasm/kit/http-client";
import { uuidOf } from "@ai-gateway-wasm/kit/uuid";
import { randomBytes, wallClockSeconds } from "proxy-wasm-as";
import { Doubts } from "../../doubts";
import { Backend, Question } from "../../judge/backend";
import { Judgement } from "../../judge/judgement";
import { Thresholds } from "../../judge/thresholds";
import { Verdict, verdictByDimension, verdictOfWhole } from "../../judge/verdict";
import { parseAnswer, requestIdIn } from "./answer";
import { AliyunConfig, MULTI_MODAL, MULTI_MODAL_BASE64, TEXT_MODERATION } from "./config";
import { formOf, signedRequest, Stamp } from "./request";
import { hexSha256 } from "./signature";
import { utcDate } from "./stamp";

/** Bytes of the parts of a whole text, as the peer cuts it. */
const MAX_BYTES: i32 = 1800;
/** What the service takes at most. */
const MAX_CHARS: i32 = 2000;

/** Alibaba Cloud's content moderation (content-security.md 4). */
@final
export class Aliyun extends Backend {
  private readonly config: AliyunConfig;

  constructor(reader: ConfigReader, doubts: Doubts) {
    const config = new AliyunConfig(reader, doubts);
    super(config.client);
    this.config = config;
  }

  override get maxBytes(): i32 {
    return MAX_BYTES;
  }

  override get maxChars(): i32 {
    return MAX_CHARS;
  }

  override get submitsEmpty(): bool {
    return this.config.submitsEmpty;
  }

  override get knowsImages(): bool {
    return this.config.action.equals(MULTI_MODAL);
  }

  override masks(isWanted: bool): bool {
    return isWanted && this.knowsImages;
  }

  /** An action that nobody knows turns every check off, as in the peer. */
  override judges(question: Question): bool {
    return this.knowsImages || (!question.isImage && this.judgesWhole);
  }

  override ask(question: Question): HttpRequest {
    const body = formOf(question);
    const random = randomBytes(16);
    // A host without random numbers: texts that differ have nonces that differ.
    const nonce = uuidOf(random === null ? hexSha256(body) : random, 4);
    return this.askWith(question, body, new Stamp(utcDate(wallClockSeconds()), nonce));
  }

  /** Words of the service that decide nothing may have any type. */
  override parse(_question: Question, body: Slice): Judgement | null {
    return parseAnswer(body);
  }

  override requestIdOf(body: Slice): Slice {
    return requestIdIn(body);
  }

  override verdict(judgement: Judgement, thresholds: Thresholds): Verdict {
    if (this.judgesWhole) return verdictOfWhole(judgement, thresholds);
    return verdictByDimension(judgement, thresholds);
  }

  private get judgesWhole(): bool {
    return this.config.action.equals(TEXT_MODERATION);
  }

  private askWith(question: Question, body: Slice, stamp: Stamp): HttpRequest {
    const config = this.config;
    const own = question.service;
    const service = own === null ? config.services.of(question.phase, question.isImage) : own;
    const action = question.isImage ? MULTI_MODAL_BASE64 : config.action;
    return signedRequest(config.key, config.host, action, service, body, stamp);
  }
}
