import { appendEscaped, isValidJson, JsonValue, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  appendCanonical,
  appendMembers,
  appendQuoted,
  MAX_ATTRIBUTE_DEPTH,
  Member,
  membersOf,
  sortedMembers,
} from "./canonical-json";
import { goText } from "./go-text";

const TRUE: Slice = bytes("true");
const FALSE: Slice = bytes("false");

/** Bytes that the buffers below may keep. */
const MOST_KEPT: i32 = 64 * 1024;
/** Needed for a moment at a time, so all streams of the VM share them. */
export let spelled: Builder = new Builder(1024);
export let escaped: Builder = new Builder(1024);

/** A longer property is read again before it is added to: a copy of it would cost as much. */
const MOST_REMEMBERED: i32 = 4096;

/** One attribute, its value both as JSON and as text. */
@final
export class Attribute extends Member {
  constructor(
    key: Slice,
    /** As it stands in the JSON object; no bytes: the text is quoted when it is written. */
    public json: Slice,
    /** As it stands in a span tag: what Go prints. */
    public text: Slice,
  ) {
    super(key, null);
  }

  override appendValue(out: Builder): bool {
    if (this.json.isEmpty) appendQuoted(out, this.text);
    else out.append(this.json);
    return true;
  }
}

/**
 * The attributes that one plugin wants logged about one stream. Setting a key again replaces its
 * value. Keys and values are copied when they are the host's.
 */
export class AttributeMap {
  /** In the order of their first setting until they are merged, then in any. */
  readonly list: Attribute[] = [];
  /** No other merge follows: what one answers need not be remembered for the next. */
  isLast: bool = false;
  /** What a property without attributes of others was set to last; no bytes: there is none. */
  private written: Slice = NO_BYTES;

  setText(key: Slice, value: Slice): void {
    this.put(key, NO_BYTES, value.kept());
  }

  setInteger(key: Slice, value: i64): void {
    const digits = new Builder(24).appendInteger(value).view();
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
   * @returns memory that the next merge overwrites; null when `stored` cannot be read and must be
   *   left alone
   */
  mergeInto(stored: Slice): Slice | null {
    const isAlone = stored.isEmpty || stored.equals(this.written);
    // Equal keys there are none, and their order does not matter.
    const members = isAlone ? changetype<Member[]>(this.list) : this.overlay(stored);
    if (members === null) return null;
    if (escaped.length > MOST_KEPT) {
      spelled = new Builder(1024);
      escaped = new Builder(1024);
    }
    escaped.clear();
    if (!this.appendObject(sortedMembers(members))) return null;
    const merged = escaped.view();
    const isKept = isAlone && !this.isLast && merged.length <= MOST_REMEMBERED;
    this.written = isKept ? merged.copy() : NO_BYTES;
    return merged;
  }

  /** Appends an object to `escaped`, for the inside of a JSON string. @returns false as `appendCanonical` does */
  protected appendObject(members: Member[]): bool {
    spelled.clear();
    if (!appendMembers(spelled, members)) return false;
    appendEscaped(escaped, spelled.view());
    return true;
  }

  /** What others stored, then these attributes; null: what they stored cannot be read. */
  private overlay(stored: Slice): Member[] | null {
    const previous = readStored(stored);
    if (previous === null || !previous.isObject) return null;
    const members = membersOf(previous);
    for (let i = 0; i < this.list.length; i++) members.push(this.list[i]); // the last of equals wins
    return members;
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
  const quoted = new Builder(stored.length + 2).appendByte(0x22).append(stored).appendByte(0x22);
  const text = readValid(quoted.view());
  // A property that was never escaped has quotes of its own, and is refused here.
  return text === null ? null : readValid(textOf(text));
}

function readValid(text: Slice): JsonValue | null {
  return isValidJson(text, MAX_ATTRIBUTE_DEPTH) ? readJson(text) : null;
}
