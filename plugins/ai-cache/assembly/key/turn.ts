import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

const ROLE: Slice = bytes("role");
const CONTENT: Slice = bytes("content");
const SYSTEM: Slice = bytes("system");
const DEVELOPER: Slice = bytes("developer");
const USER: Slice = bytes("user");
const ASSISTANT: Slice = bytes("assistant");
const TOOL: Slice = bytes("tool");
const FUNCTION: Slice = bytes("function");

/** One element of `messages`. */
@final
export class Turn {
  role: Slice = NO_BYTES;
  /** Null: it has none. */
  content: JsonValue | null = null;
  /** It says its role or content twice, and readers differ in which one counts. */
  isAmbiguous: bool = false;

  constructor(readonly value: JsonValue) {
    let role: JsonValue | null = null;
    const members = value.entries();
    while (value.isObject && members.next()) {
      if (members.keyIs(CONTENT)) {
        if (this.content !== null) this.isAmbiguous = true;
        else this.content = members.value;
      } else if (members.keyIs(ROLE)) {
        if (role !== null) this.isAmbiguous = true;
        else role = members.value;
      }
    }
    if (role !== null) this.role = textOf(role);
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
}
