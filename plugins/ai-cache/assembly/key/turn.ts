import { JsonType, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { appendSized } from "../sized-text";

const ROLE: Slice = bytes("role");
const CONTENT: Slice = bytes("content");
const SYSTEM: Slice = bytes("system");
const DEVELOPER: Slice = bytes("developer");
const USER: Slice = bytes("user");
const ASSISTANT: Slice = bytes("assistant");
const TOOL: Slice = bytes("tool");
const FUNCTION: Slice = bytes("function");

/** More members of a message are nobody's, as more of the request are. */
const MOST_MEMBERS: i32 = 1024;

/** What a content is whose text may be that of another one, too; a letter of the key. */
export const enum Form {
  Plain = 0x2d,
  /** No text: `5`. */
  Scalar = 0x6a,
  /** A text that reads as a list or an object. */
  Text = 0x74,
}

/** One element of `messages`. */
@final
export class Turn {
  role: Slice = NO_BYTES;
  /** Null: it has none. */
  content: JsonValue | null = null;
  /** It says its role or content twice, or in other letters: readers differ in which one counts. */
  isAmbiguous: bool = false;
  /** It has members besides these, such as `images`. */
  hasMore: bool = false;
  /** It has more members than any message: it was not read to its end. */
  isTooWide: bool = false;

  constructor(readonly value: JsonValue) {
    if (value.isObject) this.read(value);
  }

  get isSystem(): bool {
    return this.role.equals(SYSTEM) || this.role.equals(DEVELOPER);
  }

  get isUser(): bool {
    return this.role.equals(USER);
  }

  /** Certainly nothing a user asked. */
  get isReply(): bool {
    const role = this.role;
    return role.equals(ASSISTANT) || role.equals(TOOL) || role.equals(FUNCTION);
  }

  get text(): Slice {
    return textOf(this.content);
  }

  /** What its content is. @param text `text`, which most have at hand */
  formOf(text: Slice): Form {
    const content = this.content;
    if (content === null || content.isNull || content.type >= JsonType.Array) return Form.Plain;
    if (!content.isString) return Form.Scalar;
    return looksLikeJson(text) ? Form.Text : Form.Plain;
  }

  /** Appends what the model sees besides the text; nothing for most. @param index among those that ask */
  appendForm(out: Builder, index: i32): void {
    const form = this.formOf(this.text);
    if (form == Form.Plain && !this.hasMore) return;
    out.appendInteger(index).appendByte(<u8>form);
    const members = this.value.entries();
    while (this.hasMore && members.next()) {
      if (members.keyIs(CONTENT) || members.keyIs(ROLE) || members.value.isNull) continue;
      appendSized(out, members.key);
      appendSized(out, members.value.raw);
    }
  }

  private read(value: JsonValue): void {
    let role: JsonValue | null = null;
    const members = value.entries();
    for (let count = 0; members.next(); count++) {
      if (count == MOST_MEMBERS) {
        this.isTooWide = true;
        return;
      }
      if (members.keyIs(CONTENT)) {
        if (this.content !== null) this.isAmbiguous = true;
        else this.content = members.value;
      } else if (members.keyIs(ROLE)) {
        if (role !== null) this.isAmbiguous = true;
        else role = members.value;
      } else if (members.keyIsLike(ROLE) || members.keyIsLike(CONTENT)) {
        this.isAmbiguous = true;
      } else if (members.valueType != JsonType.Null) {
        this.hasMore = true;
      }
    }
    if (role !== null) this.role = textOf(role);
  }
}

/** Whether a text may be that of a list or an object. */
export function looksLikeJson(text: Slice): bool {
  const first = text.at(0);
  return first == 0x5b || first == 0x7b;
}
