import { isObject } from "./messages.js";
import { countTokens } from "./tokens.js";

/** Length of a vector when the request does not say. */
const DIMENSIONS = 256;
const MOST_DIMENSIONS = 4096;
/** Characters per hashed fragment. */
const FRAGMENT = 3;

/**
 * A unit vector of the text's three-character fragments, each hashed to one dimension with a sign.
 * Texts that share most fragments have a cosine near 1, unrelated ones near 0; case and repeated
 * white space do not count.
 */
export function embed(text: string, dimensions = DIMENSIONS): Float32Array {
  const vector = new Float32Array(dimensions);
  const characters = [...` ${text.toLowerCase().replace(/\s+/g, " ").trim()} `];
  for (let at = 0; at + FRAGMENT <= characters.length; at++) {
    const hash = fnv1a(characters.slice(at, at + FRAGMENT).join(""));
    const index = (hash >>> 1) % dimensions;
    vector[index] = (vector[index] ?? 0) + (hash & 1 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  return length > 0
    ? vector.map((value) => value / length)
    : vector.fill(1 / Math.sqrt(dimensions));
}

/** FNV-1a, 32 bits, over UTF-16 units, with a final mix so that the low bits are usable. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** The answer of `/v1/embeddings`; null when the request has no model or no input. */
export function embeddings(body: unknown): object | null {
  if (!isObject(body) || typeof body.model !== "string") return null;
  const inputs = typeof body.input === "string" ? [body.input] : body.input;
  if (!Array.isArray(inputs) || inputs.length === 0) return null;
  const wanted = Number(body.dimensions ?? DIMENSIONS);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MOST_DIMENSIONS) return null;
  const texts = inputs.map(String);
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return {
    object: "list",
    model: body.model,
    data: texts.map((text, index) => {
      const vector = embed(text, wanted);
      const encoded = body.encoding_format === "base64" ? toBase64(vector) : [...vector];
      return { object: "embedding", index, embedding: encoded };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** The bytes of the vector, little-endian 32-bit floats, as OpenAI's own clients ask for. */
function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
