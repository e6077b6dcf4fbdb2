import { NO_BYTES, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { quote } from "../escape";
import { boolOf, textOf } from "../lenient";
import { isValidJson } from "../validate";
import { JsonValue, readJson } from "../value";
import { dig } from "./dig";
import { pretty, ugly } from "./layout";
import { flatten, group, join, keys, values } from "./rearrange";
import { JsonPath, PathStep, reverse } from "./step";

/** The modifiers of GJSON 1.18. */
export const enum Modifier {
  Unknown,
  Reverse,
  This,
  Flatten,
  Join,
  Keys,
  Values,
  ToStr,
  FromStr,
  Ugly,
  Pretty,
  Valid,
  Group,
  Dig,
}

/** The modifier with this name (without `@`), or `Unknown`. */
export function modifierNamed(name: string): Modifier {
  if (name == "reverse") return Modifier.Reverse;
  if (name == "this") return Modifier.This;
  if (name == "flatten") return Modifier.Flatten;
  if (name == "join") return Modifier.Join;
  if (name == "keys") return Modifier.Keys;
  if (name == "values") return Modifier.Values;
  if (name == "tostr") return Modifier.ToStr;
  if (name == "fromstr") return Modifier.FromStr;
  if (name == "ugly") return Modifier.Ugly;
  if (name == "pretty") return Modifier.Pretty;
  if (name == "valid") return Modifier.Valid;
  if (name == "group") return Modifier.Group;
  if (name == "dig") return Modifier.Dig;
  return Modifier.Unknown;
}

/** `@name` or `@name:argument`. */
@final
export class ModifierStep extends PathStep {
  /** The one switch an argument can set: `deep` of @flatten, `preserve` of @join. */
  private readonly flag: bool;

  constructor(
    private readonly modifier: Modifier,
    argument: Slice,
    /** What `@dig` looks for; null for all others. */
    private readonly path: JsonPath | null,
  ) {
    super();
    const options = readJson(argument);
    const name = modifier == Modifier.Flatten ? "deep" : "preserve";
    this.flag = options !== null && boolOf(options.get(bytes(name)));
  }

  override get isReverse(): bool {
    return this.modifier == Modifier.Reverse;
  }

  override applyToNothing(): JsonValue | null {
    switch (this.modifier) {
      case Modifier.Keys:
      case Modifier.Values:
      case Modifier.Dig:
        return readJson(bytes("[]"));
      case Modifier.ToStr:
        return readJson(quote(NO_BYTES));
      default:
        return null;
    }
  }

  override apply(value: JsonValue): JsonValue | null {
    switch (this.modifier) {
      case Modifier.Reverse:
        return reverse(value);
      case Modifier.Flatten:
        return flatten(value, this.flag);
      case Modifier.Join:
        return join(value, this.flag);
      case Modifier.Keys:
        return keys(value);
      case Modifier.Values:
        return values(value);
      case Modifier.ToStr:
        return readJson(quote(value.raw));
      case Modifier.FromStr:
        return isValidJson(value.raw) ? readJson(textOf(value)) : null;
      case Modifier.Ugly:
        return readJson(ugly(value.raw));
      case Modifier.Pretty:
        return readJson(pretty(value.raw));
      case Modifier.Valid:
        return isValidJson(value.raw) ? value : null;
      case Modifier.Group:
        return group(value);
      case Modifier.Dig:
        return dig(value, this.path);
      default:
        return value;
    }
  }
}
