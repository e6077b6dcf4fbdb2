import {
  JsonValue,
  quoteLikeSjson,
  readJson,
  readValidMembers,
  setValue,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { findFormField } from "@ai-gateway-wasm/kit";
import { ModelKey } from "./model-key";

const NO_VALUES: JsonValue[] = [];
/** As many bytes are written for names that a body repeats. */
const MOST_WRITTEN: i64 = 1048576;
/** What a name that is written has at least, as this test counts. */
const LONG_NAME: i32 = 256;

/**
 * True for a body that names its model so often, or by such a long name, that one name in every place
 * is a body of another size: 200 KB can ask for a gigabyte.
 */
export function isModelFlood(places: i32, length: i32): bool {
  return places > 1 && <i64>places * <i64>max(length, LONG_NAME) > MOST_WRITTEN;
}

/** What stands where a body names its model. */
export const enum ModelPlace {
  /** The body cannot be read: no valid JSON, no well-formed form. */
  Unreadable,
  /** Nothing: the key is missing, or there is no object that could have it. */
  Missing,
  /** A text, number or boolean, or null, which is an empty name. */
  Name,
  /** An array or object. */
  Container,
}

/**
 * The model in a complete body, and every place in which the body names it: servers disagree about
 * which one counts, so that a name is written into all of them or into none.
 */
@final
export class ModelField {
  /** What stands in the body, in its order; null: nobody has asked yet. */
  private known: Slice[] | null = null;

  constructor(
    readonly body: Slice,
    readonly place: ModelPlace,
    /** The values of a JSON body, in its order. */
    private readonly values: JsonValue[],
    /** The first place's name: the text of a JSON value of any type, the bytes of a form's field. */
    readonly name: Slice,
    /** Readers may see another name than this one. */
    readonly isAmbiguous: bool,
    /** The document; null: the body is a form, or cannot be read. */
    readonly root: JsonValue | null,
  ) {}

  /** In a form. @param places not empty */
  static inForm(body: Slice, places: Slice[], isAmbiguous: bool): ModelField {
    const field = new ModelField(body, ModelPlace.Name, NO_VALUES, places[0], isAmbiguous, null);
    field.known = places;
    return field;
  }

  /** Most bodies go on as they came: who writes into one asks for the places. */
  private get places(): Slice[] {
    const known = this.known;
    if (known !== null) return known;
    const places: Slice[] = [];
    for (let i = 0; i < this.values.length; i++) places.push(this.values[i].raw);
    this.known = places;
    return places;
  }

  /** How many bytes of the body end with the last place: what `rewrite` is written in place of. */
  get end(): i32 {
    const places = this.places;
    const last = places[places.length - 1];
    return <i32>(last.ptr - this.body.ptr) + last.length;
  }

  /** Its names are not to be written: see `isModelFlood`. */
  get isFlood(): bool {
    return this.isAmbiguous && isModelFlood(this.places.length, this.places[0].length);
  }

  /** The first `end` bytes of the body with this name in every place. */
  rename(name: Slice): Slice {
    return this.fill(this.root === null ? name : quoteLikeSjson(name));
  }

  /** The first `end` bytes of the body with what stands in the first place in all of them. */
  unify(): Slice {
    return this.fill(this.places[0]);
  }

  /** True where a missing name can be added: in an object. */
  get canAdd(): bool {
    const root = this.root;
    return root !== null && root.isObject;
  }

  /** The whole body with the missing key added; null when there is no object to add it to. */
  add(key: ModelKey, name: Slice): Slice | null {
    if (!this.canAdd) return null;
    return setValue(this.body, key.path, quoteLikeSjson(name));
  }

  private fill(value: Slice): Slice {
    const places = this.places;
    const out = new Builder(this.end + places.length * value.length);
    let copied = this.body.ptr;
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      out.appendRaw(copied, <i32>(place.ptr - copied)).append(value);
      copied = place.ptr + <usize>place.length;
    }
    return out.view();
  }
}

/** Reads a JSON body, valid as Go's `json.Valid` sees it. */
export function readJsonModel(body: Slice, key: ModelKey): ModelField {
  const steps = key.path.steps;
  const members = readValidMembers(body, steps[0].key);
  const root = members !== null ? readJson(body) : null;
  if (members === null || root === null) return nothing(body, ModelPlace.Unreadable, null);
  const isPlain = steps.length == 1 || members.length == 0;
  const values = isPlain ? members : key.path.readAll(root);
  return values.length == 0 ? nothing(body, ModelPlace.Missing, root) : fieldOf(body, values, root);
}

/** @param body its beginning, up to the end of the model. @param start where the model begins */
export function readModelAt(body: Slice, start: i32): ModelField {
  const value = readJson(body.sub(start));
  const root = readJson(body);
  return value === null || root === null
    ? nothing(body, ModelPlace.Unreadable, null)
    : fieldOf(body, [value], root);
}

function fieldOf(body: Slice, values: JsonValue[], root: JsonValue): ModelField {
  const first = values[0];
  const isContainer = first.isObject || first.isArray;
  const place = isContainer ? ModelPlace.Container : ModelPlace.Name;
  return new ModelField(body, place, values, textOf(first), values.length > 1, root);
}

/** Reads a multipart form; a field of the key's name is the model. */
export function readFormModel(body: Slice, contentType: Slice, key: ModelKey): ModelField {
  const values: Slice[] = [];
  const field = findFormField(body, contentType, key.name, values);
  if (field.count < 0) return nothing(body, ModelPlace.Unreadable, null);
  if (values.length == 0) return nothing(body, ModelPlace.Missing, null);
  return ModelField.inForm(body, values, field.count > 1);
}

/** @param body its beginning, up to the end of the model. @param start where the model begins */
export function readFormModelAt(body: Slice, start: i32): ModelField {
  const name = body.sub(start);
  return ModelField.inForm(body, [name], false);
}

function nothing(body: Slice, place: ModelPlace, root: JsonValue | null): ModelField {
  return new ModelField(body, place, NO_VALUES, NO_BYTES, false, root);
}
