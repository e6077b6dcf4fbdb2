import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { isHeaderValue } from "proxy-wasm-as";
import { ApiType } from "../api/type";
import { Spellings } from "../backend/guard/spellings";
import { Dialect } from "../dialect";
import { OLD, VERSIONS } from "../ledger-habits";
import { JSON_TYPE } from "../names";
import { ClientRefusal } from "./by-client";
import { DenyFormat } from "./content";
import { BUILT_IN_MESSAGE, DenyConfig } from "./deny-config";
import { EmbeddingRefusal } from "./embedding";
import { ImageRefusal } from "./image-generation";
import { MaskingRefusal, RawMessage } from "./masking";
import { McpRefusal } from "./mcp";
import { OpenAiRefusal } from "./openai";
import { OriginalRefusal } from "./original";
import { Qwen3GuardRefusal } from "./qwen3guard";
import { Refusal } from "./refusal";

const FORMATS: string[] = ["legacy", "structured", "message"];
const FORMAT_FIELD: string = "openAIDenyResponseFormat";
const ORIGINAL: Slice = bytes("original");
const MCP_IDS: string[] = ["zero", "echo"];
const ECHO: i32 = 1;

/** 提问或回答中包含敏感词，已被屏蔽 */
const MASKING_MESSAGE: Slice = bytes("提问或回答中包含敏感词，已被屏蔽");
const MASKING_RAW: Slice = bytes('{"errmsg":"提问或回答中包含敏感词，已被屏蔽"}');

/** How what a configuration refuses is refused (content-security.md 4.5-4.7, decision 11.1). */
export function readRefusal(config: ConfigReader, dialect: Dialect, type: ApiType): Refusal {
  const deny = readDeny(config, dialect);
  const texts = readTexts(config, dialect, deny);
  const echoesId = config.choice("mcpId", MCP_IDS, 0) == ECHO;
  if (type == ApiType.ImageGeneration) return new ImageRefusal(deny);
  if (type == ApiType.Mcp) return new McpRefusal(deny, echoesId);
  return type == ApiType.Embedding ? new EmbeddingRefusal(deny) : texts;
}

/** Of text generation. */
function readTexts(config: ConfigReader, dialect: Dialect, deny: DenyConfig): Refusal {
  const isOld = config.choice("compat", VERSIONS, 0) == OLD;
  const isLegacy = isOld || dialect == Dialect.Cloud;
  const fallback: DenyFormat = isLegacy ? DenyFormat.Legacy : DenyFormat.Message;
  const format = readFormat(config, fallback, dialect);
  if (isOld && format != DenyFormat.Legacy) {
    config.refuse("compat", "1.0 knows no format but legacy");
  }
  const isOurs = dialect == Dialect.Ours;
  const completion = new OpenAiRefusal(deny, format, isOld);
  if (config.text("protocol").equals(ORIGINAL)) {
    return new OriginalRefusal(deny, isOurs ? null : completion);
  }
  if (isOurs) return new ClientRefusal(deny, format, completion);
  if (config.has(FORMAT_FIELD)) return completion;
  if (dialect == Dialect.Guard) return new Qwen3GuardRefusal(deny);
  return dialect == Dialect.Masking ? readMasking(config, deny, completion) : completion;
}

/** Refused in the peer's words, which knows two of them. */
export function readFormat(
  config: ConfigReader,
  fallback: DenyFormat,
  dialect: Dialect,
): DenyFormat {
  const attempt = config.attempt();
  const format: DenyFormat = attempt.choice(FORMAT_FIELD, FORMATS, fallback);
  if (attempt.errors.any) {
    const more = dialect == Dialect.Cloud ? "" : ", message";
    config.refuseWith(
      "invalid openAIDenyResponseFormat, value must be one of [legacy, structured" + more + "]",
    );
  }
  return format;
}

function readDeny(config: ConfigReader, dialect: Dialect): DenyConfig {
  if (dialect == Dialect.Guard) {
    const fields = new Spellings(config);
    const status = <i32>fields.positive("deny_code", "denyCode", 200);
    return new DenyConfig(status, fields.text("deny_message", "denyMessage", BUILT_IN_MESSAGE));
  }
  if (dialect == Dialect.Masking) {
    const status = <i32>config.integer("deny_code", 200, 1, 65535);
    return new DenyConfig(status, config.text("deny_message", MASKING_MESSAGE));
  }
  return new DenyConfig(<i32>config.integer("denyCode", 200), config.text("denyMessage"));
}

function readMasking(config: ConfigReader, deny: DenyConfig, running: Refusal): Refusal {
  const type = config.text("deny_content_type", JSON_TYPE);
  if (!isHeaderValue(type)) config.refuse("deny_content_type", "cannot stand in a header");
  const raw = new RawMessage(config.text("deny_raw_message", MASKING_RAW), type);
  return new MaskingRefusal(deny, raw, running);
}
