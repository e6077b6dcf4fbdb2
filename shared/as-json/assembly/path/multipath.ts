import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, readJson } from "../value";
import { JsonPath, PathStep } from "./step";

/** One entry of a multipath. */
@final
export class MultipathMember {
  constructor(
    /** JSON string with quotes; empty in an array. */
    readonly name: Slice,
    readonly path: JsonPath,
  ) {}
}

/** `[p,q]` and `{p,"name":q}`: a new array or object from what the paths find. */
@final
export class MultipathStep extends PathStep {
  constructor(
    private readonly isObject: bool,
    private readonly members: StaticArray<MultipathMember>,
  ) {
    super();
  }

  override apply(value: JsonValue): JsonValue | null {
    return this.build(value);
  }

  override applyToNothing(): JsonValue | null {
    return this.build(null);
  }

  private build(value: JsonValue | null): JsonValue | null {
    const out = new Builder(64).appendByte(this.isObject ? 0x7b : 0x5b);
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i];
      const part = member.path.read(value);
      if (part === null) continue;
      if (out.length > 1) out.appendByte(0x2c);
      if (this.isObject) out.append(member.name).appendByte(0x3a);
      out.append(part.raw);
    }
    return readJson(out.appendByte(this.isObject ? 0x7d : 0x5d).view());
  }
}

/** `!json`: always the same value. */
@final
export class LiteralStep extends PathStep {
  constructor(private readonly json: Slice) {
    super();
  }

  override apply(_value: JsonValue): JsonValue | null {
    return readJson(this.json);
  }

  override applyToNothing(): JsonValue | null {
    return readJson(this.json);
  }
}

/** Leading `..`: the text is a list of values (JSON lines), read like an array without brackets. */
@final
export class LinesStep extends PathStep {
  override apply(value: JsonValue): JsonValue | null {
    const text = new Slice(value.at, <i32>(value.limit - value.at), value.owner);
    const out = new Builder(text.length + 2).appendByte(0x5b).append(text).appendByte(0x5d);
    return readJson(out.view());
  }
}
