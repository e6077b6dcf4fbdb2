import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Aliyun } from "./backend/aliyun/aliyun";
import { readBackends } from "./backend/backends";
import { ChatGuard } from "./backend/guard/chat-guard";
import { readQwen3Guard } from "./backend/guard/config";
import { SecurityConfig } from "./config";
import { Backend } from "./judge/backend";
import { readLocalRules } from "./local/local-config";
import { Scope } from "./texts";

/** Fields that show whose configuration it is (content-security.md 8). */
const CLOUD: string[] = ["accessKey", "secretKey", "serviceHost"];
const GUARD: string[] = ["serviceSource", "service_source"];
const MASKING: string[] = [
  "deny_openai",
  "deny_jsonpath",
  "deny_raw",
  "deny_code",
  "deny_message",
  "deny_raw_message",
  "deny_content_type",
  "deny_words",
  "system_deny",
  "replace_roles",
];
const OURS: string[] = ["backend", "backends", "rules"];

/** What the peers look at: a path alone. */
const BY_PATH: i32 = -1;

/** Reads a configuration in the dialect its fields show. Null when it is refused. */
export function parseConfig(reader: ConfigReader): SecurityConfig | null {
  const isCloud = hasAny(reader, CLOUD);
  const isGuard = !isCloud && hasAny(reader, GUARD);
  const isMasking = !isCloud && !isGuard && hasAny(reader, MASKING);
  if (!isCloud && !isGuard && !isMasking && !hasAny(reader, OURS)) {
    reader.refuseWith("invalid service config");
    return null;
  }
  const backends: Backend[] = [];
  if (isCloud) backends.push(new Aliyun(reader));
  if (isGuard) backends.push(new ChatGuard(readQwen3Guard(reader)));
  const others = readBackends(reader);
  for (let i = 0; i < others.length; i++) backends.push(others[i]);
  const rules = readLocalRules(reader, isMasking);
  const scope: i32 = isCloud || isGuard ? BY_PATH : isMasking ? Scope.All : Scope.Last;
  const config = new SecurityConfig(reader, backends, rules, isCloud, scope);
  return reader.errors.any ? null : config;
}

function hasAny(reader: ConfigReader, fields: string[]): bool {
  for (let i = 0; i < fields.length; i++) {
    if (reader.has(fields[i])) return true;
  }
  return false;
}
