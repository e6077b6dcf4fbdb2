import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

// Fields that no peer knows, and a value that weakens what is judged: null, a key in YAML with nothing
// behind it, is as good as no field.

export function ownFlag(config: ConfigReader, field: string, fallback: bool): bool {
  return config.isEmpty(field) ? fallback : config.flag(field);
}

/** An integer in `[0, high]`; anything outside is an error. */
export function ownInteger(config: ConfigReader, field: string, fallback: i64, high: i64): i32 {
  return <i32>(config.isEmpty(field) ? fallback : config.integer(field, fallback, 0, high));
}

/** Why another word is refused. */
export function oneOf(words: Slice[]): string {
  let known = "must be one of " + words[0].toString();
  for (let i = 1; i < words.length; i++) known += ", " + words[i].toString();
  return known;
}
