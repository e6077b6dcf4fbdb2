import { Builder, bytes, lowerCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, QuerySyntax, withoutParameters } from "@ai-gateway-wasm/kit";
import { appendSegment } from "@ai-gateway-wasm/kit/percent";

/** The language of a target; the order of `PROTOCOLS`. */
export const enum Protocol {
  OpenAi,
  Azure,
  /** Nothing of the body is edited. */
  Raw,
}

const PROTOCOLS: string[] = ["openai", "azure", "raw"];
/** Of `basePathHandling`. */
export const HANDLINGS: string[] = ["prepend", "removePrefix"];
const QUESTION: u8 = 0x3f;
export const ROOT_PATH: Slice = bytes("/");
const SLASH: i32 = 0x2f;
export const V1: Slice = bytes("/v1");
const DOT_SEGMENT: Slice = bytes("/.");
const ENCODED_DOT: Slice = bytes("%2e");
const DEPLOYMENTS: Slice = bytes("/openai/deployments/");
const VERSION_NAME: Slice = bytes("api-version");
export const API_VERSION: Slice = bytes("api-version=");
const DEFAULT_API_VERSION: Slice = bytes("2024-10-21");

/** The path that a target is asked under. */
@final
export class PathRule {
  protocol: Protocol = Protocol.OpenAi;
  private path: Slice = NO_BYTES;
  private basePath: Slice = NO_BYTES;
  private prepends: bool = false;
  private apiVersion: Slice = DEFAULT_API_VERSION;

  /** Reads `protocol`, `path`, `basePath`, `basePathHandling` and `apiVersion` of a target. */
  static read(target: ConfigReader, label: string): PathRule {
    const rule = new PathRule();
    const protocol = target.text("protocol", bytes(PROTOCOLS[0]));
    let known = 0;
    while (known < PROTOCOLS.length && !protocol.equals(bytes(PROTOCOLS[known]))) known++;
    if (known == PROTOCOLS.length) target.refuseWith("target " + label + ": unsupported protocol");
    rule.protocol = <Protocol>known;
    rule.path = target.text("path");
    rule.basePath = target.text("basePath");
    rule.prepends = target.choice("basePathHandling", HANDLINGS, 1) == 0;
    rule.apiVersion = target.text("apiVersion", DEFAULT_API_VERSION);
    if (!isPath(rule.path)) target.refuse("path", "must begin with / and hold no blanks");
    if (!isPath(rule.basePath)) target.refuse("basePath", "must begin with / and hold no blanks");
    if (!isPath(rule.apiVersion, false)) target.refuse("apiVersion", "must hold no blanks");
    return rule;
  }

  /** False: the path stays as it is. */
  get changes(): bool {
    return !this.path.isEmpty || !this.basePath.isEmpty || this.protocol == Protocol.Azure;
  }

  /**
   * The path for a request.
   *
   * @param original path and query as they came
   * @param model what is asked for; no bytes: a request that is none of ours, whose API may be any,
   *   so that only its base changes
   */
  apply(original: Slice, model: Slice): Slice {
    if (!model.isEmpty) {
      if (!this.path.isEmpty) return withQuery(this.path, original);
      if (this.protocol == Protocol.Azure) return this.azurePath(original, model);
    }
    if (this.basePath.isEmpty || this.protocol == Protocol.Azure) return original;
    if (this.prepends && leaves(original)) return this.basePath;
    // As in Higress, nothing is put in front of what is there.
    const hasBase = original.startsWith(this.basePath);
    if (hasBase == this.prepends) return original;
    if (this.prepends) return join(this.basePath, original);
    const rest = original.sub(this.basePath.length);
    return rest.at(0) == SLASH ? rest : join(ROOT_PATH, rest);
  }

  /**
   *   /v1/chat/completions?a=b
   *      └── the API ────┘
   *   /openai/deployments/<model>/chat/completions?a=b&api-version=2024-10-21
   */
  private azurePath(original: Slice, model: Slice): Slice {
    const asked = withoutParameters(original, [VERSION_NAME], QuerySyntax.Envoy);
    const question = asked.indexOf(QUESTION);
    const path = question < 0 ? asked : asked.sub(0, question);
    const api = leaves(asked) ? NO_BYTES : apiOf(path);
    const built = new Builder(128).append(DEPLOYMENTS);
    appendSegment(built, model);
    built.append(api).appendByte(QUESTION);
    const query = question < 0 ? NO_BYTES : asked.sub(question + 1);
    if (!query.isEmpty) built.append(query).appendByte(0x26);
    return built.append(API_VERSION).append(this.apiVersion).view();
  }
}

/** What stands behind the segment `v1`, or all of it. */
function apiOf(path: Slice): Slice {
  for (let at = path.find(V1); at >= 0; at = path.find(V1, at + 1)) {
    const rest = path.sub(at + V1.length);
    if (rest.isEmpty || rest.at(0) == SLASH) return rest;
  }
  return path;
}

/** Segments of it lead upwards, out of what stands in front. */
function leaves(original: Slice): bool {
  const question = original.indexOf(QUESTION);
  const path = question < 0 ? original : original.sub(0, question);
  return path.find(DOT_SEGMENT) >= 0 || lowerCase(path).find(ENCODED_DOT) >= 0;
}

/** The path with the original query, unless it has one of its own. */
function withQuery(path: Slice, original: Slice): Slice {
  const question = original.indexOf(QUESTION);
  if (question < 0 || path.indexOf(QUESTION) >= 0) return path;
  return join(path, original.sub(question));
}

export function join(first: Slice, second: Slice): Slice {
  return new Builder(first.length + second.length).append(first).append(second).view();
}

function isPath(text: Slice, needsSlash: bool = true): bool {
  if (needsSlash && !text.isEmpty && text.at(0) != SLASH) return false;
  for (let i = 0; i < text.length; i++) {
    if (text.at(i) <= 0x20 || text.at(i) == 0x7f) return false;
  }
  return true;
}
