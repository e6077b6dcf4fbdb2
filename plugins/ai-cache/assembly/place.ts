import { compileKeyPath, JsonValue, KeyPath } from "@ai-gateway-wasm/as-json";

/** A place in answers of one kind. */
@final
export class Place {
  private readonly path: KeyPath | null;

  /** @param path keys and positions joined by dots: `data.0.embedding` */
  constructor(path: string) {
    this.path = compileKeyPath(path);
  }

  /** What stands there, or null. */
  read(answer: JsonValue): JsonValue | null {
    const path = this.path;
    return path !== null ? path.read(answer) : null;
  }
}
