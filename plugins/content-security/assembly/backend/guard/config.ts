import { bytes, equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { compileRegex, RegexError } from "@ai-gateway-wasm/match";
import { LEVEL_HIGH, LEVEL_MEDIUM } from "../../judge/level";
import { regexMessage } from "../../local/regex-message";
import { ownFlag } from "../../own-fields";
import { readPath, readService, Service } from "../service";
import { readGuardService } from "./connection";
import { CustomParser } from "./custom";
import { LlamaGuardParser } from "./llama-guard";
import { GuardParser } from "./parser";
import { Qwen3GuardParser } from "./qwen3guard";
import { Spellings } from "./spellings";

const PARSERS: string[] = ["qwen3guard", "llama-guard", "custom"];
const DEFAULT_PATH: string = "/v1/chat/completions";
const DEFAULT_MODEL: Slice = bytes("Qwen/Qwen3Guard-Gen-4B");

const UNSAFE: Slice = bytes("Unsafe");
const CONTROVERSIAL: Slice = bytes("Controversial");

/** A guard model: where it is and how it speaks (content-security.md 8.3). */
@final
export class GuardConfig {
  constructor(
    readonly service: Service,
    readonly path: Slice,
    readonly model: Slice,
    readonly parser: GuardParser,
  ) {}

  /** Goes before the text; no bytes: nothing does. */
  systemPrompt: Slice = NO_BYTES;
  isCumulative: bool = true;
  /** The model is asked exactly as by the qwen3guard plugin. */
  isPeer: bool = false;
  /** Level from which a text is refused whatever the dimension; 0: the bars of dimensions count. */
  bar: i32 = 0;
}

/** A back end of type `chat-guard`; the place of the service in either plugin's fields. */
export function readGuard(config: ConfigReader): GuardConfig {
  const fields = new Spellings(config);
  const isPeers = config.has("serviceSource") || config.has("service_source");
  const service = isPeers ? readGuardService(fields, true) : readOwnService(config);
  const path = isPeers ? readPeerPath(fields) : readPath(config, DEFAULT_PATH);
  const parser = readParser(config);
  const model = config.text("model", DEFAULT_MODEL);
  const guard = new GuardConfig(service, path, model, parser);
  guard.systemPrompt = config.text("systemPrompt");
  guard.isCumulative = ownFlag(config, "cumulative", true);
  return guard;
}

/** The configuration of a qwen3guard plugin (content-security.md 2.7). */
export function readQwen3Guard(config: ConfigReader): GuardConfig {
  const fields = new Spellings(config);
  // In the peer's order: of several faults the first one is told. Who needs them reads them again.
  fields.positive("stream_buffer_chars", "streamBufferChars", 1);
  fields.positive("deny_code", "denyCode", 1);
  fields.positive("timeout_ms", "timeoutMs", 1);
  fields.positive("max_body_bytes", "maxBodyBytes", 1);
  const bar = readBar(fields);
  const service = readGuardService(fields, false);
  const model = fields.text("model", "model", DEFAULT_MODEL);
  const guard = new GuardConfig(service, readPeerPath(fields), model, new Qwen3GuardParser());
  guard.isPeer = true;
  guard.bar = bar;
  return guard;
}

function readOwnService(config: ConfigReader): Service {
  const service = readService(config);
  service.authorizeBearer(config);
  return service;
}

function readPeerPath(fields: Spellings): Slice {
  return fields.text("request_path", "requestPath", bytes(DEFAULT_PATH));
}

function readBar(fields: Spellings): i32 {
  const bar = fields.text("risk_level_bar", "riskLevelBar", UNSAFE);
  if (equalsIgnoreCase(bar, CONTROVERSIAL)) return LEVEL_MEDIUM;
  if (!equalsIgnoreCase(bar, UNSAFE)) {
    fields.refuse("risk_level_bar must be Controversial or Unsafe");
  }
  return LEVEL_HIGH;
}

function readParser(config: ConfigReader): GuardParser {
  switch (config.choice("parser", PARSERS, 0)) {
    case 1:
      return new LlamaGuardParser(config.texts("ignoreCategories"));
    case 2:
      return readCustomParser(config);
    default:
      return new Qwen3GuardParser();
  }
}

function readCustomParser(config: ConfigReader): GuardParser {
  const pattern = config.text("unsafePattern");
  if (pattern.isEmpty) config.refuse("unsafePattern", "is required for the parser custom");
  const error = new RegexError();
  const regex = compileRegex(pattern, error);
  if (regex === null) config.refuse("unsafePattern", regexMessage(error));
  return new CustomParser(regex);
}
