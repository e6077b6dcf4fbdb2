import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { NamePattern } from "@ai-gateway-wasm/match/name-pattern";

/** Reads a name, `prefix*` or `regexp:…`; null, and refused, when it is none. */
export function readNamePattern(config: ConfigReader, field: string): NamePattern | null {
  return parse(config, field, config.text(field));
}

/** Reads a list of them. */
export function readNamePatterns(config: ConfigReader, field: string): NamePattern[] {
  const texts = config.texts(field);
  const patterns: NamePattern[] = [];
  for (let i = 0; i < texts.length; i++) {
    const pattern = parse(config, field, texts[i]);
    if (pattern !== null) patterns.push(pattern);
  }
  return patterns;
}

function parse(config: ConfigReader, field: string, text: Slice): NamePattern | null {
  if (text.isEmpty) {
    config.refuse(field, "must not be empty");
    return null;
  }
  return NamePattern.parse(text);
}
