import { parseJson } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

const NO_FIELDS: Slice = bytes("{}");

/** A part of a configuration that must be an object; null when it is missing, or null there. */
export function findSection(config: ConfigReader, field: string): ConfigReader | null {
  const found = config.object(field);
  if (found === null || found.value.isNull) return null;
  if (!found.value.isObject) config.refuse(field, "must be an object");
  return found;
}

/** The same, with no fields when it is missing. */
export function section(config: ConfigReader, field: string): ConfigReader {
  const found = findSection(config, field);
  if (found !== null) return found;
  const nothing = parseJson(NO_FIELDS);
  const value = nothing === null ? config.value : nothing;
  return new ConfigReader(value, config.errors, config, field);
}
