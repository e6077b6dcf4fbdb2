import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

const SLASH: i32 = 0x2f;

/** One entry of `unrestricted_paths`: `METHOD /path` or `/path`, the path and everything below it. */
@final
export class PathRule {
  constructor(
    /** Empty: any method. */
    private readonly method: Slice,
    private readonly path: Slice,
  ) {}

  /** False: the entry has no path, and would otherwise match all of them. */
  get isPath(): bool {
    return this.path.at(0) == SLASH;
  }

  /** @param path normalised */
  matches(method: Slice, path: Slice): bool {
    if (!this.method.isEmpty && !this.method.equals(method)) return false;
    if (!path.startsWith(this.path)) return false;
    // `/v1/models` covers `/v1/models/x`, not `/v1/models-of-others`.
    const end = this.path.length;
    return path.length == end || path.at(end) == SLASH || this.path.at(end - 1) == SLASH;
  }
}

export function readPathRules(texts: Slice[]): PathRule[] {
  const rules: PathRule[] = [];
  for (let i = 0; i < texts.length; i++) {
    const blank = texts[i].indexOf(0x20);
    const method = blank < 0 ? NO_BYTES : texts[i].sub(0, blank);
    rules.push(new PathRule(method, texts[i].sub(blank + 1)));
  }
  return rules;
}
