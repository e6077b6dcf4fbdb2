// What Higress's usage extraction makes of a complete body that arrives in one piece: an independent
// model of the contract's Appendix A.1, A.2 and A.4, on whole JSON only.

type Json = Record<string, unknown>;

export interface PeerUsage {
  seen: boolean;
  input: number;
  output: number;
  total: number;
  model: string;
}

const MODEL = ["model", "body.model", "response.model", "message.model", "modelVersion"];
const INPUT = [
  "usage.prompt_tokens",
  "usage.input_tokens",
  "response.usage.input_tokens",
  "usageMetadata.promptTokenCount",
  "message.usage.input_tokens",
];
const OUTPUT = [
  "usage.completion_tokens",
  "usage.output_tokens",
  "response.usage.output_tokens",
  "usageMetadata.candidatesTokenCount",
  "message.usage.output_tokens",
];
const TOTAL = [
  "usage.total_tokens",
  "response.usage.total_tokens",
  "usageMetadata.totalTokenCount",
];

export function peerUsage(body: string): PeerUsage {
  const charged: PeerUsage = { seen: false, input: 0, output: 0, total: 0, model: "unknown" };
  const carried = { input: 0, output: 0, model: "unknown" };
  for (const piece of body.replaceAll("\r\n", "\n").replaceAll("\r", "\n").split("\n\n")) {
    if (!/"usage"|"usageMetadata"/.test(piece)) continue;
    for (const document of documentsIn(piece)) readDocument(document, carried, charged);
  }
  return charged;
}

/**
 * The peer reads the first JSON value of a piece only; of a list ours reads all objects, and so
 * must the model to be comparable.
 */
function documentsIn(piece: string): Json[] {
  const start = piece.search(/[{[]/);
  if (start < 0) return [];
  const value = JSON.parse(piece.slice(start)) as Json | Json[];
  return Array.isArray(value) ? value : [value];
}

function readDocument(
  document: Json,
  carried: { input: number; output: number; model: string },
  charged: PeerUsage,
): void {
  const model = first(document, MODEL);
  if (model !== undefined) carried.model = String(model);
  carried.input = count(first(document, INPUT), carried.input);
  carried.output = count(first(document, OUTPUT), carried.output);
  const cache =
    count(at(document, "usage.cache_creation_input_tokens"), 0) +
    count(at(document, "usage.cache_read_input_tokens"), 0);
  const total = count(first(document, TOTAL), carried.input + carried.output + cache);
  if (total <= 0) return;
  Object.assign(charged, { ...carried, seen: true, total });
}

function count(value: unknown, fallback: number): number {
  return value === undefined ? fallback : Number(value ?? 0);
}

function first(document: Json, paths: string[]): unknown {
  return paths.map((path) => at(document, path)).find((value) => value !== undefined);
}

function at(document: Json, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, key) => (value && typeof value === "object" ? (value as Json)[key] : undefined),
      document,
    );
}
