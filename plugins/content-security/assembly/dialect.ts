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

const enum Dialect {
  /** ai-security-guard. */
  Cloud,
  /** qwen3guard. */
  Guard,
  /** ai-data-masking. */
  Masking,
  Ours,
  None,
}

/** Reads a configuration in the dialect its fields show. Null when it is refused. */
export function parseConfig(reader: ConfigReader): SecurityConfig | null {
  const dialect = dialectOf(reader);
  if (dialect == Dialect.None) {
    reader.refuseWith("invalid service config");
    return null;
  }
  const rules = readLocalRules(reader, dialect == Dialect.Masking);
  const isCloud = dialect == Dialect.Cloud;
  const backends = backendsOf(reader, dialect);
  const config = new SecurityConfig(reader, backends, rules, isCloud, scopeOf(dialect));
  return reader.errors.any ? null : config;
}

function dialectOf(reader: ConfigReader): Dialect {
  if (hasAny(reader, CLOUD)) return Dialect.Cloud;
  if (hasAny(reader, GUARD)) return Dialect.Guard;
  if (hasAny(reader, MASKING)) return Dialect.Masking;
  return hasAny(reader, OURS) ? Dialect.Ours : Dialect.None;
}

/** The peer's own service, then those of `backend` or `backends`. */
function backendsOf(reader: ConfigReader, dialect: Dialect): Backend[] {
  const backends: Backend[] = [];
  if (dialect == Dialect.Cloud) backends.push(new Aliyun(reader));
  if (dialect == Dialect.Guard) backends.push(new ChatGuard(readQwen3Guard(reader)));
  return backends.concat(readBackends(reader));
}

function scopeOf(dialect: Dialect): i32 {
  if (dialect == Dialect.Masking) return Scope.All;
  return dialect == Dialect.Ours ? Scope.Last : BY_PATH;
}

function hasAny(reader: ConfigReader, fields: string[]): bool {
  for (let i = 0; i < fields.length; i++) {
    if (reader.has(fields[i])) return true;
  }
  return false;
}
