import { appendEscaped, Escape } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const JSON: Slice = bytes(
  '{"id":"from-cache","choices":[{"index":0,"message":{"role":"assistant","content":"%s"},' +
    '"finish_reason":"stop"}],"model":"from-cache","object":"chat.completion",' +
    '"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}',
);
const STREAM: Slice = bytes(
  'data:{"id":"from-cache","choices":[{"index":0,"delta":{"role":"assistant","content":"%s"},' +
    '"finish_reason":"stop"}],"model":"from-cache","object":"chat.completion",' +
    '"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\ndata:[DONE]\n\n',
);

/** A body with places for the answer: `%s` is the text as inside of a JSON string, `%%` a percent sign. */
@final
export class Template {
  /** What stands between the places: one part more than there are places. */
  private readonly parts: Slice[] = [];
  private length: i32 = 0;

  constructor(text: Slice) {
    let part = new Builder(text.length);
    for (let i = 0; i < text.length; i++) {
      const next = text.at(i) == 0x25 ? text.at(i + 1) : -1;
      if (next == 0x73) {
        this.parts.push(part.toSlice());
        part = new Builder();
        i++;
        continue;
      }
      if (next == 0x25) i++;
      part.appendByte(<u8>text.at(i));
    }
    this.parts.push(part.toSlice());
    for (let i = 0; i < this.parts.length; i++) this.length += this.parts[i].length;
  }

  static json(): Template {
    return new Template(JSON);
  }

  static stream(): Template {
    return new Template(STREAM);
  }

  fill(answer: Slice): Slice {
    const places = this.parts.length - 1;
    const out = new Builder(this.length + places * (answer.length + 64));
    out.append(this.parts[0]);
    for (let i = 1; i <= places; i++) {
      appendEscaped(out, answer, Escape.Plain);
      out.append(this.parts[i]);
    }
    return out.view();
  }
}
