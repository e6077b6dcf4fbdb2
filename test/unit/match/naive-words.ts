/** How the words of a set are compared, as in shared/match/assembly/words/word-options.ts. */
export interface Options {
  caseSensitive: boolean;
  normalise: boolean;
  ignoreSeparators: boolean;
}

export interface Match {
  start: number;
  end: number;
  payload: number;
}

interface Character {
  text: string;
  start: number;
  end: number;
  gaps: number;
  isAfterWord: boolean;
  isBeforeWord: boolean;
}

const SEPARATORS = new Set(" \t\n\r!\"'*,-./:;=?\\^_`|~\u00a0·、。‐‑‒–—―‖‗‘’‚‛“”„‟†‡•‣․‥…‧");
/** Soft hyphen, joiners, marks of direction, variation selectors, byte order mark, tags. */
const WIDTHLESS: [number, number][] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe0fff],
];
const isWord = (text: string): boolean => /^[A-Za-z0-9_]/.test(text);

/** Every match, by trying each word at each character. Positions are bytes of UTF-8. */
export function allMatches(words: string[], text: string, options: Options): Match[] {
  const characters = fold(text, options);
  const seen = new Set<string>();
  const found: Match[] = [];
  words.forEach((word, payload) => {
    const key = fold(word, options);
    const letters = key.map((character) => character.text);
    if (seen.has(letters.join(""))) return;
    seen.add(letters.join(""));
    const isAscii = letters.every((letter) => letter < "\x80");
    const own = key.at(-1)!.gaps;
    for (let at = 0; at + letters.length <= characters.length; at++) {
      const part = characters.slice(at, at + letters.length);
      if (part.some((character, i) => character.text !== letters[i])) continue;
      const first = part[0]!;
      const last = part.at(-1)!;
      if (part.some((character) => character.gaps > last.gaps)) continue;
      if (isAscii) {
        if (isWord(letters[0]!) && first.isAfterWord) continue;
        if (isWord(letters.at(-1)!) && last.isBeforeWord) continue;
        const gaps = last.gaps - first.gaps;
        if (gaps !== own && gaps !== letters.length - 1) continue;
      }
      if (part.slice(1).some((character) => character.isFar)) continue;
      found.push({ start: first.start, end: last.end, payload });
    }
  });
  return found.sort((a, b) => a.end - b.end || a.start - b.start);
}

/** Of all matches the leftmost, of these the longest, and so on behind it. */
export function leftmostLongest(all: Match[]): Match[] {
  const chosen: Match[] = [];
  for (const match of [...all].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (match.start >= (chosen.at(-1)?.end ?? 0)) chosen.push(match);
  }
  return chosen;
}

function fold(text: string, options: Options): (Character & { isFar: boolean })[] {
  const characters: (Character & { isFar: boolean })[] = [];
  let at = 0;
  let gaps = 0;
  let separators = 0;
  let before = "";
  let last: Character | undefined;
  for (const raw of text) {
    const start = at;
    at += Buffer.byteLength(raw);
    const folded = normalise(raw, options);
    if (folded === "") continue;
    if (last) last.isBeforeWord = isWord(folded);
    last = undefined;
    if (options.ignoreSeparators && SEPARATORS.has(folded)) {
      separators++;
    } else {
      if (separators > 0) gaps++;
      last = {
        text: folded,
        start,
        end: at,
        gaps,
        isAfterWord: isWord(before),
        isBeforeWord: false,
      };
      characters.push(Object.assign(last, { isFar: separators > 4 }));
      separators = 0;
    }
    before = folded;
  }
  return characters;
}

function normalise(raw: string, options: Options): string {
  let text = raw;
  if (options.normalise) {
    const code = text.codePointAt(0)!;
    if (WIDTHLESS.some(([lo, hi]) => code >= lo && code <= hi)) return "";
    if (code >= 0xff01 && code <= 0xff5e) text = String.fromCodePoint(code - 0xfee0);
    if (code === 0x3000) text = " ";
  }
  return !options.caseSensitive && /^[A-Z]$/.test(text) ? text.toLowerCase() : text;
}
