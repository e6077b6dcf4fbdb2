import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Doubts } from "../doubts";
import { Backend } from "../judge/backend";
import { Aliyun } from "./aliyun/aliyun";
import { AzureAnalysis, AzureShield } from "./azure/azure";
import { AzureResource } from "./azure/resource";
import { Bedrock } from "./bedrock/bedrock";
import { ChatGuard } from "./guard/chat-guard";
import { readGuard } from "./guard/config";
import { OpenAiModeration } from "./openai/openai";
import { Webhook } from "./webhook/webhook";

const enum Type {
  /** Rules of this plugin: they judge by themselves and always first. */
  Local,
  Aliyun,
  ChatGuard,
  OpenAiModeration,
  Webhook,
  Azure,
  Bedrock,
}

/** In the order of `Type`. */
const TYPES: string[] = [
  "local",
  "aliyun",
  "chat-guard",
  "openai-moderation",
  "webhook",
  "azure",
  "bedrock",
];
const UNKNOWN: i32 = -1;

/**
 * Adds the services of `backend` or `backends` (content-security.md 8), in the order in which they are
 * asked. None when there are no such fields.
 */
export function readBackends(config: ConfigReader, backends: Backend[], doubts: Doubts): void {
  const single = config.object("backend");
  if (single !== null && !single.value.isNull) {
    if (config.has("backends")) config.refuse("backends", "cannot stand beside backend");
    return addBackend(single, backends, doubts);
  }
  const readers = config.objects("backends");
  for (let i = 0; i < readers.length; i++) addBackend(readers[i], backends, doubts);
}

function addBackend(config: ConfigReader, to: Backend[], doubts: Doubts): void {
  if (!config.has("type")) config.refuse("type", "is required");
  switch (config.choice("type", TYPES, UNKNOWN)) {
    case Type.Aliyun:
      to.push(new Aliyun(config, doubts));
      break;
    case Type.ChatGuard:
      to.push(new ChatGuard(readGuard(config)));
      break;
    case Type.OpenAiModeration:
      to.push(new OpenAiModeration(config));
      break;
    case Type.Webhook:
      to.push(new Webhook(config));
      break;
    case Type.Azure:
      addAzure(config, to);
      break;
    case Type.Bedrock:
      to.push(new Bedrock(config));
      break;
    default:
      break;
  }
}

/** Its two services are asked one after the other. */
function addAzure(config: ConfigReader, to: Backend[]): void {
  const resource = new AzureResource(config);
  to.push(new AzureAnalysis(resource, config));
  if (config.flag("shieldPrompt")) to.push(new AzureShield(resource));
}
