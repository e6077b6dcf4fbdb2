import { Slice } from "@ai-gateway-wasm/bytes";
import { ApiKeys } from "./api-keys";
import { Border, mayBegin, mayEnd } from "./border";
import { Check, isValid } from "./checks";
import { EmailSearch } from "./email";
import { endOfForm, Form, NO_FORM } from "./forms";

/**
 * The values of one kind in a text:
 *
 *   const detection = detector.search(text);
 *   while (detection.next()) …detection.start, detection.end
 *
 * What has the form of a value, but wrong neighbours or a wrong checksum, is none; the search goes on
 * one byte behind its start. Linear: forms have an end. The expressions of the kinds took 1.5 to 3 s
 * for a megabyte full of values.
 */
@final
export class Detection {
  start: i32 = 0;
  end: i32 = 0;
  private from: i32 = 0;
  private readonly emails: EmailSearch;
  private readonly keys: ApiKeys;

  /** Only for `Detector`. */
  constructor(
    private readonly text: Slice,
    private readonly form: Form,
    /** The bytes that values begin with. */
    private readonly leads: StaticArray<u8>,
    private readonly border: Border,
    private readonly check: Check,
  ) {
    this.emails = new EmailSearch(text);
    this.keys = new ApiKeys(text);
  }

  /** Goes to the next value that does not overlap the last one; false when there is none. */
  next(): bool {
    const found = this.form == Form.Email ? this.nextEmail() : this.nextForm();
    this.from = found ? this.end : this.text.length;
    return found;
  }

  /** Goes to the first value that begins at `from` or behind; `next` goes on behind it. */
  find(from: i32): bool {
    this.from = from;
    return this.next();
  }

  private nextForm(): bool {
    const text = this.text;
    const leads = this.leads;
    for (let at = this.from; at < text.length; at++) {
      if (leads[text.at(at)] == 0 || !mayBegin(this.border, text, at)) continue;
      const end = this.endOf(at);
      if (end == NO_FORM || !mayEnd(this.border, text, end)) continue;
      if (this.check != Check.None && !isValid(this.check, text.sub(at, end))) continue;
      this.start = at;
      this.end = end;
      return true;
    }
    return false;
  }

  private endOf(at: i32): i32 {
    if (this.form == Form.ApiKey) return this.keys.endOf(at);
    return endOfForm(this.form, this.text, at);
  }

  private nextEmail(): bool {
    const emails = this.emails;
    if (!emails.find(this.from)) return false;
    this.start = emails.start;
    this.end = emails.end;
    return true;
  }
}
