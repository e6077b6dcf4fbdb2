import { ImageReader, type ShortObject } from "./image-reader.js";

/*
 * The short form of static data, which shared/unpack documents in lay-out.ts. Both sides change
 * together; the first build of a plugin fails in its tests when they do not.
 */
const LIST_END = 0xfd;
const SKIP = 0xfe;
const END = 0xff;

/** Zero words that are worth a new piece of the rest: it takes two bytes, packed less. */
const ZEROS_BETWEEN = 6;

/**
 * Static data without what follows from the content of its objects.
 *
 * @param data the bytes of memory from `start` on, a multiple of 4
 */
export function shorten(data: Uint8Array, start: number): Uint8Array {
  const image = new ImageReader(data, start);
  const isShort = (byte: number): boolean => byte < LIST_END;
  const constants = image.constants().filter(({ content }) => content.every(isShort));
  const texts = image.texts().filter(({ content }) => content.every(isShort));
  for (const { at, end } of [...constants, ...texts]) image.clear(at, end);
  return Uint8Array.from([
    ...number(constants[0]?.class ?? 0),
    ...list(constants),
    ...list(texts),
    ...rest(image.words()),
  ]);
}

function list(objects: readonly ShortObject[]): number[] {
  let last = 0;
  const bytes = objects.flatMap(({ at, end, content }) => {
    const skip = at > last ? [SKIP, ...number((at - last) / 4)] : [];
    last = end;
    return [...skip, ...content, END];
  });
  return [...bytes, LIST_END];
}

function rest(words: readonly number[]): number[] {
  const bytes: number[] = [];
  let last = 0;
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0) continue;
    let end = at + 1;
    for (let next = end; next < words.length && next < end + ZEROS_BETWEEN; next++) {
      if (words[next] !== 0) end = next + 1;
    }
    const piece = Buffer.from(Uint32Array.from(words.slice(at, end)).buffer);
    bytes.push(...number(end - at), ...number(at - last), ...piece);
    last = end;
    at = end - 1;
  }
  return [...bytes, 0];
}

function number(value: number): number[] {
  return value < 128 ? [value] : [128 | (value & 127), ...number(value >> 7)];
}
