import {
  compileKeyPath,
  isInteger,
  JsonValue,
  KeyPath,
  readJson,
  removeValue,
  saturate,
  setValue,
} from "@ai-gateway-wasm/as-json";
import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { findSection } from "./section";

/** What an edit does at its path. */
const enum Change {
  Set,
  /** Set where there is nothing. */
  Fill,
  Remove,
  /** Lower a number that is greater. */
  Cap,
}


@final
class Edit {
  constructor(
    readonly change: Change,
    readonly path: KeyPath,
    /** A JSON value; no bytes for `Remove`. */
    readonly json: Slice,
    /** What `Cap` compares with. */
    readonly limit: i64,
  ) {}

  /** The document after this edit; the same one when there is nothing to do. */
  apply(body: Slice): Slice {
    let edited: Slice | null = null;
    if (this.change == Change.Remove) {
      edited = removeValue(body, this.path);
    } else if (this.change == Change.Set) {
      edited = setValue(body, this.path, this.json);
    } else {
      const value = this.path.read(readJson(body));
      const isDue = this.change == Change.Fill ? value === null : isAbove(value, this.limit);
      if (isDue) edited = setValue(body, this.path, this.json);
    }
    return edited === null ? body : edited;
  }
}

/** What one target wants to be different in a request's body. */
@final
export class BodyEdits {
  private readonly list: Edit[] = [];

  get isEmpty(): bool {
    return this.list.length == 0;
  }

  /** The body after all edits; the same slice when none had anything to do. */
  apply(body: Slice): Slice {
    let edited = body;
    for (let i = 0; i < this.list.length; i++) edited = this.list[i].apply(edited);
    return edited;
  }

  /** Reads `body` of a target. */
  static read(target: ConfigReader): BodyEdits {
    const edits = new BodyEdits();
    const body = findSection(target, "body");
    if (body === null) return edits;
    edits.readMap(body, "set", Change.Set);
    edits.readMap(body, "setDefault", Change.Fill);
    edits.readMap(body, "cap", Change.Cap);
    const removed = body.texts("remove");
    for (let i = 0; i < removed.length; i++) {
      edits.add(body, "remove", Change.Remove, removed[i], NO_BYTES, 0);
    }
    return edits;
  }

  private readMap(body: ConfigReader, field: string, change: Change): void {
    const map = body.find(field);
    if (map === null || map.isNull) return;
    if (!map.isObject) {
      body.refuse(field, "must be an object");
      return;
    }
    const members = map.entries();
    while (members.next()) {
      const value = members.value;
      const text = value.isNumber ? configText(value) : NO_BYTES;
      if (change != Change.Cap) {
        this.add(body, field, change, members.key, value.raw.copy(), 0);
      } else if (isInteger(text)) {
        const limit = saturate(text);
        this.add(body, field, change, members.key, digits(limit), limit);
      } else {
        body.refuse(field, "must hold integers");
      }
    }
  }

  private add(
    body: ConfigReader,
    field: string,
    change: Change,
    path: Slice,
    json: Slice,
    limit: i64,
  ): void {
    const compiled = compileKeyPath(path.toString(), true);
    if (compiled === null) body.refuse(field, "is not a path: " + path.toString());
    else this.list.push(new Edit(change, compiled, json, limit));
  }
}

/** A number that is greater than the limit, also one that is written with an exponent. */
function isAbove(value: JsonValue | null, limit: i64): bool {
  if (value === null || !value.isNumber) return false;
  const text = configText(value);
  const point = text.indexOf(0x2e);
  const whole = point < 0 ? text : text.sub(0, point);
  if (!isInteger(whole)) return text.at(0) != 0x2d; // beyond what can be written out
  const number = saturate(whole);
  return number > limit || (number == limit && point >= 0 && limit >= 0);
}
