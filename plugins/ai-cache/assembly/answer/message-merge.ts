import { JsonType, JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Members of one message: each is looked for among all. */
const MOST_FIELDS: i32 = 64;
/** Bytes around a member. */
const MARKS: i32 = 6;

/** One member of the message, as far as it has come. */
@final
class Field {
  readonly json: Builder = new Builder(64);

  constructor(
    /** As it stands in the document, without quotes. */
    readonly rawKey: Slice,
    readonly type: JsonType,
  ) {}
}

/**
 * Puts the deltas of a stream together to one message, field by field, without unescaping anything:
 *
 *   {"content":"Hel"} {"content":"lo"} {"annotations":[a]} {"annotations":[b]}
 *   ─► {"content":"Hello","annotations":[a,b]}
 */
@final
export class MessageMerge {
  /** Bytes so far. */
  length: i32 = 0;
  /** It has more members than any message. */
  isTooWide: bool = false;
  private readonly fields: Field[] = [];

  add(delta: JsonValue): void {
    const members = delta.entries();
    while (delta.isObject && !this.isTooWide && members.next()) {
      const value = members.value;
      if (value.isNull) continue;
      const field = this.fieldOf(members.rawKey, value.type);
      this.length -= field.json.length;
      this.append(field, value);
      this.length += field.json.length;
    }
  }

  get isEmpty(): bool {
    return this.fields.length == 0;
  }

  /** The message, a JSON object; its role is the model's when no delta said so. */
  toSlice(): Slice {
    const out = new Builder(this.length + 64).appendByte(0x7b);
    if (!this.hasRole) out.appendText('"role":"assistant",');
    for (let i = 0; i < this.fields.length; i++) {
      const field = this.fields[i];
      if (i > 0) out.appendByte(0x2c);
      out.appendByte(0x22).append(field.rawKey).appendText('":');
      if (field.type == JsonType.String) out.appendByte(0x22);
      else if (field.type == JsonType.Array) out.appendByte(0x5b);
      out.append(field.json.view());
      if (field.type == JsonType.String) out.appendByte(0x22);
      else if (field.type == JsonType.Array) out.appendByte(0x5d);
    }
    return out.appendByte(0x7d).view();
  }

  /** The field of this name; one that comes as another type than before is begun again. */
  private fieldOf(rawKey: Slice, type: JsonType): Field {
    for (let i = 0; i < this.fields.length; i++) {
      if (!this.fields[i].rawKey.equals(rawKey)) continue;
      if (this.fields[i].type != type) {
        this.length -= this.fields[i].json.length;
        this.fields[i] = new Field(rawKey.copy(), type);
      }
      return this.fields[i];
    }
    this.isTooWide = this.fields.length == MOST_FIELDS;
    this.length += rawKey.length + MARKS;
    const field = new Field(rawKey.copy(), type);
    this.fields.push(field);
    return field;
  }

  private get hasRole(): bool {
    for (let i = 0; i < this.fields.length; i++) {
      if (isRole(this.fields[i].rawKey)) return true;
    }
    return false;
  }

  private append(field: Field, value: JsonValue): void {
    const raw = value.raw;
    if (value.isString) {
      if (!isRole(field.rawKey) || field.json.length == 0) {
        field.json.append(raw.sub(1, raw.length - 1));
      }
    } else if (value.isArray) {
      const inner = raw.sub(1, raw.length - 1);
      if (value.count() == 0) return;
      if (field.json.length > 0) field.json.appendByte(0x2c);
      field.json.append(inner);
    } else {
      field.json.clear();
      field.json.append(raw);
    }
  }
}

/** Some providers say `role` in every delta. */
function isRole(key: Slice): bool {
  return key.length == 4 && key.at(0) == 0x72 && key.at(1) == 0x6f && key.at(3) == 0x65;
}
