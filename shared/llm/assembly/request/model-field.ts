import {
  isValidJson,
  JsonValue,
  quoteLikeSjson,
  readJson,
  setValue,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { findFormField } from "@ai-gateway-wasm/kit";
import { ModelKey } from "./model-key";

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
  constructor(
    readonly body: Slice,
    readonly place: ModelPlace,
    /** The values as they stand in the body, in its order. */
    private readonly places: Slice[],
    /** The first place's name: the text of a JSON value of any type, the bytes of a form's field. */
    readonly name: Slice,
    /** Readers may see another name than this one. */
    readonly isAmbiguous: bool,
    /** The document; null: the body is a form, or cannot be read. */
    readonly root: JsonValue | null,
  ) {}

  /** How many bytes of the body end with the last place: what `rewrite` is written in place of. */
  get end(): i32 {
    const last = this.places[this.places.length - 1];
    return <i32>(last.ptr - this.body.ptr) + last.length;
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
    const out = new Builder(this.end + this.places.length * value.length);
    let copied = this.body.ptr;
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      out.appendRaw(copied, <i32>(place.ptr - copied)).append(value);
      copied = place.ptr + <usize>place.length;
    }
    return out.view();
  }
}

/** Reads a JSON body, valid as Go's `json.Valid` sees it. */
export function readJsonModel(body: Slice, key: ModelKey): ModelField {
  const root = isValidJson(body) ? readJson(body) : null;
  if (root === null) return nothing(body, ModelPlace.Unreadable, null);
  const values = root.isObject ? key.path.readAll(root) : [];
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
  const places: Slice[] = [];
  for (let i = 0; i < values.length; i++) places.push(values[i].raw);
  const first = values[0];
  const isContainer = first.isObject || first.isArray;
  const place = isContainer ? ModelPlace.Container : ModelPlace.Name;
  return new ModelField(body, place, places, textOf(first), places.length > 1, root);
}

/** Reads a multipart form; a field of the key's name is the model. */
export function readFormModel(body: Slice, contentType: Slice, key: ModelKey): ModelField {
  const values: Slice[] = [];
  const field = findFormField(body, contentType, key.name, values);
  if (field.count < 0) return nothing(body, ModelPlace.Unreadable, null);
  if (values.length == 0) return nothing(body, ModelPlace.Missing, null);
  return new ModelField(body, ModelPlace.Name, values, values[0], field.count > 1, null);
}

/** @param body its beginning, up to the end of the model. @param start where the model begins */
export function readFormModelAt(body: Slice, start: i32): ModelField {
  const name = body.sub(start);
  return new ModelField(body, ModelPlace.Name, [name], name, false, null);
}

function nothing(body: Slice, place: ModelPlace, root: JsonValue | null): ModelField {
  return new ModelField(body, place, [], NO_BYTES, false, root);
}
