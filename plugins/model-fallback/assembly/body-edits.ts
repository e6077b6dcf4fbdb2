import {
  compileKeyPath,
  JsonValue,
  KeyPath,
  readJson,
  removeValue,
  setValue,
} from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { findSection } from "./section";

const MINUS: i32 = 0x2d;
const POINT: u8 = 0x2e;
const LAST_OF_INF: i32 = 0x66;

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
    /** A JSON value, for `Cap` a plain decimal number; no bytes for `Remove`. */
    readonly json: Slice,
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
      const isDue = this.change == Change.Fill ? value === null : isAbove(value, this.json);
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
      edits.add(body, "remove", Change.Remove, removed[i], NO_BYTES);
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
      const isCap = change == Change.Cap;
      const json = isCap ? configText(value) : value.raw;
      if (isCap && (!value.isNumber || isInfinite(json))) body.refuse(field, "must hold numbers");
      else this.add(body, field, change, members.key, json.copy());
    }
  }

  private add(body: ConfigReader, field: string, change: Change, path: Slice, json: Slice): void {
    const compiled = compileKeyPath(path.toString(), true);
    if (compiled === null) body.refuse(field, "is not a path: " + path.toString());
    else this.list.push(new Edit(change, compiled, json));
  }
}

/** What `configText` makes of a number that is too great to be written out. */
function isInfinite(text: Slice): bool {
  return text.at(text.length - 1) == LAST_OF_INF;
}

/**
 * A number that is greater than the limit, a plain decimal as `configText` writes it: of two with as
 * many digits before the point the order of bytes is the order of numbers.
 */
function isAbove(value: JsonValue | null, limit: Slice): bool {
  if (value === null || !value.isNumber) return false;
  const text = configText(value);
  const isNegative = text.at(0) == MINUS;
  if (isInfinite(text) || isNegative != (limit.at(0) == MINUS)) return !isNegative;
  const longer = wholeLength(text) - wholeLength(limit);
  const order = longer != 0 ? longer : text.compare(limit);
  return isNegative ? order < 0 : order > 0;
}

/** Bytes before the point. */
function wholeLength(text: Slice): i32 {
  const point = text.indexOf(POINT);
  return point < 0 ? text.length : point;
}
