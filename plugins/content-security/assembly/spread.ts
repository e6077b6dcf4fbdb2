import { Slice } from "@ai-gateway-wasm/bytes";
import { differences } from "./differences";
import { Memory } from "./local/memory";
import { behindRunes, runesIn } from "./runes";
import { TextField } from "./text-field";

/**
 * Gives each field its part of a text that takes the place of all: by the number of their characters,
 * the last one the rest (content-security.md 3.2).
 */
export function share(fields: TextField[], text: Slice): void {
  let total = 0;
  for (let i = 0; i < fields.length; i++) total += runesIn(fields[i].judged);
  const runes: i64 = runesIn(text);
  let from = 0;
  for (let i = 0; i < fields.length; i++) {
    const isLast = i == fields.length - 1;
    const share = total > 0 ? (runes * runesIn(fields[i].judged)) / total : runes / fields.length;
    const to = isLast ? text.length : behindRunes(text, from, <i32>share);
    const part = text.sub(from, to);
    if (!part.equals(fields[i].text)) fields[i].mask(part);
    from = to;
  }
}

/**
 * The same, but what did not change stays with its field: no text wanders from one message to another.
 *
 * @param whole what `text` takes the place of
 * @param joint bytes between two fields in it
 * @param memory of what is put back into what changed; null: nothing is
 */
export function compare(
  fields: TextField[],
  whole: Slice,
  text: Slice,
  joint: i32,
  memory: Memory | null,
): void {
  const edits = differences(whole, text);
  let from = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    const judged = field.judged;
    const part = edits.rewrite(judged, from);
    if (part !== null) field.mask(memory === null ? part : memory.restore(part, field.isJson));
    from += judged.length + joint;
  }
}
