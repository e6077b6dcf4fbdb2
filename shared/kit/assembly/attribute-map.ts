import { escape, isValidJson, JsonValue, quote, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  appendCanonical,
  appendMembers,
  MAX_ATTRIBUTE_DEPTH,
  Member,
  membersOf,
  sortedMembers,
} from "./canonical-json";
import { goText } from "./go-text";

const EMPTY_OBJECT: Slice = bytes("{}");
const TRUE: Slice = bytes("true");
const FALSE: Slice = bytes("false");

/** One attribute, its value both as JSON and as text. */
@final
export class Attribute extends Member {
  constructor(
    key: Slice,
    /** As it stands in the JSON object. */
    public json: Slice,
    /** As it stands in a span tag: what Go prints. */
    public text: Slice,
  ) {
    super(key, null);
  }

  override appendValue(out: Builder): bool {
    out.append(this.json);
    return true;
  }
}

/**
 * The attributes that one plugin wants logged about one stream. Setting a key again replaces its
 * value. Keys and values are copied when they are the host's.
 */
@final
export class AttributeMap {
  /** In the order of their first setting. */
  readonly list: Attribute[] = [];

  setText(key: Slice, value: Slice): void {
    const kept = value.kept();
    this.put(key, quote(kept), kept);
  }

  setInteger(key: Slice, value: i64): void {
    const digits = new Builder(24).appendInteger(value).toSlice();
    this.put(key, digits, digits);
  }

  setBoolean(key: Slice, value: bool): void {
    const word = value ? TRUE : FALSE;
    this.put(key, word, word);
  }

  /**
   * A value that is JSON already; it is normalised as Go would: sorted keys, numbers as doubles.
   *
   * @returns false, and nothing is set, when it is not valid JSON or nested deeper than 512
   */
  setJson(key: Slice, json: Slice): bool {
    const value = readValid(json);
    if (value === null) return false;
    const out = new Builder(json.length + 16);
    if (!appendCanonical(out, value)) return false;
    this.put(key, out.view(), goText(value));
    return true;
  }

  /** The attribute with this key, or null. */
  find(key: Slice): Attribute | null {
    for (let i = 0; i < this.list.length; i++) {
      if (this.list[i].key.equals(key)) return this.list[i];
    }
    return null;
  }

  /**
   * What a log property must be set to (host.md 5.2): the object it holds, overlaid with these
   * attributes, keys sorted, escaped once more for the inside of a JSON string.
   *
   * @param stored the property as it is; no bytes when it was never set
   * @returns memory of its own; null when `stored` cannot be read and must be left alone
   */
  mergeInto(stored: Slice): Slice | null {
    const previous = readStored(stored);
    if (previous === null || !previous.isObject) return null;
    const members = membersOf(previous);
    for (let i = 0; i < this.list.length; i++) members.push(this.list[i]); // the last of equals wins
    const out = new Builder(256);
    return appendMembers(out, sortedMembers(members)) ? escape(out.view()) : null;
  }

  private put(key: Slice, json: Slice, text: Slice): void {
    const found = this.find(key);
    if (found === null) {
      this.list.push(new Attribute(key.kept(), json, text));
    } else {
      found.json = json;
      found.text = text;
    }
  }
}

/** The object in a stored property: un-escaped as the inside of a JSON string; null: it is not. */
function readStored(stored: Slice): JsonValue | null {
  if (stored.isEmpty) return readJson(EMPTY_OBJECT);
  const quoted = new Builder(stored.length + 2).appendByte(0x22).append(stored).appendByte(0x22);
  const text = readValid(quoted.view());
  // A property that was never escaped has quotes of its own, and is refused here.
  return text === null ? null : readValid(textOf(text));
}

function readValid(text: Slice): JsonValue | null {
  return isValidJson(text, MAX_ATTRIBUTE_DEPTH) ? readJson(text) : null;
}
