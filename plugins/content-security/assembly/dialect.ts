import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readBackends } from "./backend/backends";
import { SecurityConfig } from "./config";

/** Fields that only ai-security-guard has (content-security.md 8). */
const CLOUD_FIELDS: string[] = ["accessKey", "secretKey", "serviceHost"];

/** Reads a configuration in the dialect its fields show. Null when it is refused. */
export function parseConfig(reader: ConfigReader): SecurityConfig | null {
  const isCloud = hasAny(reader, CLOUD_FIELDS);
  const backends = readBackends(reader);
  if (backends.length == 0) reader.refuseWith("invalid service config");
  const config = new SecurityConfig(reader, backends, isCloud);
  return reader.errors.any ? null : config;
}

function hasAny(reader: ConfigReader, fields: string[]): bool {
  for (let i = 0; i < fields.length; i++) {
    if (reader.has(fields[i])) return true;
  }
  return false;
}
