import { Builder, NO_BYTES, Slice, sortBy } from "@ai-gateway-wasm/bytes";
import { differences } from "./differences";
import { HeldEvent, HeldText } from "./held-event";
import { Memory } from "./local/memory";

/** What the events of a window say: one track behind the other, so that each can be read. */
@final
export class WindowTexts {
  private texts: HeldText[] = [];
  /** What judges were asked about. */
  private whole: Slice = NO_BYTES;

  clear(): void {
    this.texts = [];
  }

  /** Takes the texts of the next event. What repeats others goes on as they do. */
  add(event: HeldEvent): void {
    for (let i = 0; i < event.texts.length; i++) {
      if (!event.texts[i].isRepeat) this.texts.push(event.texts[i]);
    }
  }

  /** All texts as judges see them, in memory of its own. */
  join(): Slice {
    const texts = this.texts;
    if (this.isMixed) sortBy(texts, (text) => text.track.order); // of one track they are in order
    const whole = new Builder(256);
    for (let i = 0; i < texts.length; i++) whole.append(texts[i].shown());
    return (this.whole = whole.toSlice());
  }

  /**
   * Gives each text its part of what takes the place of all.
   *
   * @param memory of what is put back
   * @returns false: nothing is different
   */
  mask(masked: Slice, memory: Memory): bool {
    const texts = this.texts;
    const edits = differences(this.whole, masked);
    let from = 0;
    let isMasked = false;
    for (let i = 0; i < texts.length; i++) {
      const shown = texts[i].shown();
      const changed = edits.rewrite(shown, from);
      texts[i].masked = changed === null ? shown : changed;
      if (changed !== null) isMasked = true;
      from += shown.length;
    }
    for (let i = 0; i < texts.length && !memory.isEmpty;) i = this.restore(i, memory);
    return isMasked;
  }

  /** Of the track whose first text that is. @returns where the next track begins */
  private restore(first: i32, memory: Memory): i32 {
    const texts = this.texts;
    const track = texts[first].track;
    const all = new Builder(256);
    let next = first;
    for (; next < texts.length && texts[next].track === track; next++)
      all.append(maskedOf(texts[next]));
    const edits = memory.restoring(all.view(), texts[first].piece.isJson);
    let from = 0;
    for (let i = first; i < next; i++) {
      const masked = maskedOf(texts[i]);
      const restored = edits.rewrite(masked, from);
      if (restored !== null) texts[i].masked = restored;
      from += masked.length;
    }
    return next;
  }

  private get isMixed(): bool {
    for (let i = 1; i < this.texts.length; i++) {
      if (this.texts[i].track !== this.texts[0].track) return true;
    }
    return false;
  }
}

function maskedOf(text: HeldText): Slice {
  const masked = text.masked;
  return masked === null ? text.piece.text : masked;
}
