import { Storing } from "./storing";

/** Tags of calls from here on are those of uploads that are not answered yet; the store's begin higher. */
export const UPLOAD_TAGS: i32 = 0x100;

/** Answers on their way into vector databases, by number; freed numbers are used again. */
@final
export class Uploads {
  private readonly waiting: (Storing | null)[] = [];

  /** The tag of the call that uploads an answer. */
  add(storing: Storing): i32 {
    const free = this.waiting.indexOf(null);
    if (free < 0) return UPLOAD_TAGS + this.waiting.push(storing) - 1;
    this.waiting[free] = storing;
    return UPLOAD_TAGS + free;
  }

  /** What was uploaded with a tag; null: it is the tag of something else. */
  take(tag: i32): Storing | null {
    const at = tag - UPLOAD_TAGS;
    if (<u32>at >= <u32>this.waiting.length) return null;
    const storing = this.waiting[at];
    this.waiting[at] = null;
    return storing;
  }
}
