import { parseJson, searchMember, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { findFormField, isMultipart, QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";

const MODEL: Slice = bytes("model");
const BEDROCK: Slice = bytes("/model/");
const MODELS: Slice = bytes("models");
const DEPLOYMENTS: Slice = bytes("deployments");

/** What is known of the model a request asks for. */
export const enum ModelFinding {
  /** Not told, or told in a way that cannot be read safely. */
  Unknown,
  /** Told more than once: parsers disagree about which one counts. */
  Ambiguous,
  Named,
}

/** The model of a request, as far as one part of it tells. */
@final
export class ModelName {
  constructor(
    readonly finding: ModelFinding,
    /** Empty unless named. */
    readonly name: Slice,
  ) {}

  static readonly UNKNOWN: ModelName = new ModelName(ModelFinding.Unknown, NO_BYTES);
  static readonly AMBIGUOUS: ModelName = new ModelName(ModelFinding.Ambiguous, NO_BYTES);

  static of(name: Slice): ModelName {
    return new ModelName(ModelFinding.Named, name);
  }
}

/**
 * The model in paths of a known shape, or null:
 *
 *   …/models/<model>:<verb>        Gemini, Vertex
 *   …/deployments/<model>/…        Azure OpenAI
 *   /model/<model>/…               Bedrock
 *
 * @param path normalised
 */
export function modelInPath(path: Slice): Slice | null {
  // Names of Bedrock may have slashes (sent as %2F), its verbs have none.
  const verb = path.startsWith(BEDROCK) ? path.sub(0, path.length - 1).lastIndexOf(0x2f) : -1;
  if (verb > BEDROCK.length) return path.sub(BEDROCK.length, verb);
  let previous = NO_BYTES;
  let at = 0;
  while (at < path.length) {
    let end = path.indexOf(0x2f, at + 1);
    if (end < 0) end = path.length;
    const segment = path.sub(at + 1, end);
    const isLast = end == path.length;
    const colon = segment.lastIndexOf(0x3a);
    if (previous.equals(MODELS) && colon > 0) return segment.sub(0, colon);
    if (previous.equals(DEPLOYMENTS) && !isLast) return segment;
    previous = segment;
    at = end;
  }
  return null;
}

/** The one query parameter `model`, for WebSocket upgrades. */
export function modelInQuery(path: Slice): ModelName {
  const query = new QueryReader(path, QuerySyntax.Go);
  let found = ModelName.UNKNOWN;
  while (query.next()) {
    if (!query.name.equals(MODEL)) continue;
    if (found !== ModelName.UNKNOWN) return ModelName.AMBIGUOUS;
    found = ModelName.of(query.value);
  }
  return found;
}

/** The model in a complete body: JSON, or a multipart form. */
export function modelInBody(body: Slice, contentType: Slice): ModelName {
  return isMultipart(contentType) ? modelInForm(body, contentType) : modelInJson(body);
}

/** Strict JSON only: a text that parsers read differently names no model. */
function modelInJson(body: Slice): ModelName {
  const document = parseJson(body);
  if (document === null || !document.isObject) return ModelName.UNKNOWN;
  const search = searchMember(document, MODEL);
  if (search.isAmbiguous) return ModelName.AMBIGUOUS;
  const value = search.value;
  return value !== null && value.isString ? ModelName.of(stringOf(value)) : ModelName.UNKNOWN;
}

function modelInForm(body: Slice, contentType: Slice): ModelName {
  const field = findFormField(body, contentType, MODEL);
  if (field.count > 1) return ModelName.AMBIGUOUS;
  const value = field.value;
  return value === null ? ModelName.UNKNOWN : ModelName.of(value);
}
