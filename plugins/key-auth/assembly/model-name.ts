import { parseJson, searchMember, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice, startsWithIgnoreCase } from "@ai-gateway-wasm/bytes";
import { findFormField, isMultipart, QueryReader, QuerySyntax } from "@ai-gateway-wasm/kit";

const MODEL: Slice = bytes("model");
const BEDROCK: Slice = bytes("/model/");
const MODELS: Slice = bytes("models");
const DEPLOYMENTS: Slice = bytes("deployments");
const FORM: Slice = bytes("application/x-www-form-urlencoded");

/** What is known of the model a request asks for. */
export const enum ModelFinding {
  /** Told in a way that cannot be read safely. */
  Unknown,
  /** Not told. */
  Absent,
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
  static readonly ABSENT: ModelName = new ModelName(ModelFinding.Absent, NO_BYTES);
  static readonly AMBIGUOUS: ModelName = new ModelName(ModelFinding.Ambiguous, NO_BYTES);

  static of(name: Slice): ModelName {
    return new ModelName(ModelFinding.Named, name);
  }
}

/**
 * The model in paths of a known shape; two shapes in one path are ambiguous:
 *
 *   …/models/<model>:<verb>        Gemini, Vertex
 *   …/deployments/<model>/…        Azure OpenAI
 *   /model/<model>/…               Bedrock
 *
 * @param path normalised
 */
export function modelInPath(path: Slice): ModelName {
  let found = ModelName.ABSENT;
  // Names of Bedrock may have slashes (sent as %2F), its verbs have none.
  const verb = path.startsWith(BEDROCK) ? path.sub(0, path.length - 1).lastIndexOf(0x2f) : -1;
  if (verb > BEDROCK.length) found = ModelName.of(path.sub(BEDROCK.length, verb));
  let previous = NO_BYTES;
  let at = 0;
  while (at < path.length) {
    let end = path.indexOf(0x2f, at + 1);
    if (end < 0) end = path.length;
    const segment = path.sub(at + 1, end);
    let length = previous.equals(MODELS) ? segment.lastIndexOf(0x3a) : -1;
    if (previous.equals(DEPLOYMENTS) && end < path.length) length = segment.length;
    if (length > 0) {
      if (found !== ModelName.ABSENT) return ModelName.AMBIGUOUS;
      found = ModelName.of(segment.sub(0, length));
    }
    previous = segment;
    at = end;
  }
  return found;
}

/** The one query parameter `model`, for WebSocket upgrades. */
export function modelInQuery(path: Slice): ModelName {
  const query = new QueryReader(path, QuerySyntax.Go);
  let found = ModelName.ABSENT;
  while (query.find(MODEL)) {
    if (found !== ModelName.ABSENT) return ModelName.AMBIGUOUS;
    found = ModelName.of(query.value);
  }
  return found;
}

/** The model in a complete body: JSON, or a multipart form. */
export function modelInBody(body: Slice, contentType: Slice): ModelName {
  if (startsWithIgnoreCase(contentType, FORM)) return ModelName.UNKNOWN;
  return isMultipart(contentType) ? modelInForm(body, contentType) : modelInJson(body);
}

/** Strict JSON only: a text that parsers read differently names no model. */
function modelInJson(body: Slice): ModelName {
  const document = parseJson(body);
  if (document === null || !document.isObject) return ModelName.UNKNOWN;
  const search = searchMember(document, MODEL);
  if (search.isAmbiguous) return ModelName.AMBIGUOUS;
  if (search.similar == 0) return ModelName.ABSENT;
  const value = search.value;
  return value !== null && value.isString ? ModelName.of(stringOf(value)) : ModelName.UNKNOWN;
}

function modelInForm(body: Slice, contentType: Slice): ModelName {
  const field = findFormField(body, contentType, MODEL);
  if (field.count > 1) return ModelName.AMBIGUOUS;
  const value = field.value;
  if (value !== null) return ModelName.of(value);
  return field.count == 0 ? ModelName.ABSENT : ModelName.UNKNOWN;
}
