import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { SecurityConfig } from "./config";
import { Exam, newSessionId } from "./exam";
import { lastRunes } from "./runes";

/** What was judged of a stream, for judges that want to hear it once more: its end, or all. */
@final
export class StreamContext {
  /** The end of it, which the next window begins with; memory of its own. */
  private text: Slice = NO_BYTES;
  /** Text of the windows that were judged; null: no judge wants it all. */
  private readonly said: Builder | null;
  private sessionId: Slice = NO_BYTES;

  constructor(private readonly config: SecurityConfig) {
    this.said = config.needs.all ? new Builder(0) : null;
  }

  /** With this window it were too much for judges that want it all. */
  isTooLong(window: Slice): bool {
    const said = this.said;
    return said !== null && <i64>said.length + window.length > this.config.maxBodyBytes;
  }

  /** Tells what was judged before a window, and remembers that. */
  tell(exam: Exam, window: Slice): void {
    const said = this.said;
    const chars = this.config.contextChars;
    if (!this.config.api.judgesEvents) exam.sessionId = this.session();
    if (said !== null) exam.before = said.toSlice();
    exam.context = this.text;
    exam.contextChars = chars;
    if (exam.isPlaceholder) return;
    if (said !== null) said.append(window);
    if (chars == 0) return;
    const all = new Builder(this.text.length + window.length).append(this.text).append(window);
    this.text = lastRunes(all.view(), chars).copy();
  }

  /** One for the whole stream, but for the peer's MCP (content-security.md 3.4, 3.5). */
  private session(): Slice {
    if (this.sessionId.isEmpty) this.sessionId = newSessionId();
    return this.sessionId;
  }
}
