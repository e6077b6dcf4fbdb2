import { ConfigReader } from "@ai-gateway-wasm/kit";

/** Whose fields a configuration has (content-security.md 8). */
export const enum Dialect {
  /** ai-security-guard. */
  Cloud,
  /** qwen3guard. */
  Guard,
  /** ai-data-masking. */
  Masking,
  Ours,
  None,
}

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

/** Told by the fields, looked for in this order. */
export function dialectOf(config: ConfigReader): Dialect {
  if (hasAny(config, CLOUD)) return Dialect.Cloud;
  if (hasAny(config, GUARD)) return Dialect.Guard;
  if (hasAny(config, MASKING)) return Dialect.Masking;
  return hasAny(config, OURS) ? Dialect.Ours : Dialect.None;
}

function hasAny(config: ConfigReader, fields: string[]): bool {
  for (let i = 0; i < fields.length; i++) {
    if (config.has(fields[i])) return true;
  }
  return false;
}
