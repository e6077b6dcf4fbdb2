import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, readJson } from "../value";
import { Collection, JsonPath, PathStep } from "./step";

/** `#`: the number of elements. `#.rest`: what `rest` finds in each element. A plain key on objects. */
@final
export class EachStep extends PathStep {
  constructor(
    /** The text `#`. */
    private readonly key: Slice,
    /** What follows per element, or null. */
    private readonly rest: JsonPath | null,
  ) {
    super();
  }

  override apply(value: JsonValue): JsonValue | null {
    const rest = this.rest;
    if (!value.isArray) {
      const member = value.get(this.key);
      return rest === null ? member : rest.read(member);
    }
    if (rest === null) return readJson(new Builder(12).appendInteger(value.count()).view());
    const found = new Collection();
    const cursor = value.entries();
    while (cursor.next()) {
      const part = rest.read(cursor.value);
      if (part !== null) found.add(part);
    }
    return found.toValue();
  }
}
