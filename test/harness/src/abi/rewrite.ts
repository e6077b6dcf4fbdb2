import { Reader, type ModuleInfo } from "./module.js";

/* Copies of a module that differ in one section. */

const MEMORY = 5;
const GLOBAL = 6;
const EXPORT = 7;
const GLOBAL_KIND = 3;

/** Names of the exports that `exposeGlobals` adds, each with its number behind. */
export const EXPOSED = "harness.global.";

/** Copy of the module whose own memory cannot grow above `pages`; the same bytes if it cannot anyway. */
export function capMemory(bytes: Uint8Array, info: ModuleInfo, pages: number): Uint8Array {
  const memory = info.memory;
  if (!memory || memory.imported || (memory.maximum ?? 65536) <= pages) return bytes;
  return rewrite(bytes, MEMORY, () => [
    1,
    1,
    ...leb(memory.minimum),
    ...leb(Math.max(pages, memory.minimum)),
  ]);
}

/**
 * Copy of the module that exports its own globals, too; the same bytes if it has none. A host gives
 * no globals to import, so numbers begin with the module's own.
 */
export function exposeGlobals(bytes: Uint8Array): Uint8Array {
  let count = 0;
  rewrite(bytes, GLOBAL, (section) => {
    count = section.u32();
    return null;
  });
  if (count === 0) return bytes;
  return rewrite(bytes, EXPORT, (section) => {
    const exported = section.u32();
    const entries = Array.from({ length: count }, (_, i) => {
      const name = new TextEncoder().encode(EXPOSED + i);
      return [...leb(name.length), ...name, GLOBAL_KIND, ...leb(i)];
    });
    return [
      ...leb(exported + count),
      ...bytes.subarray(section.at, section.end),
      ...entries.flat(),
    ];
  });
}

/** Copy with another body of one section; the same bytes when it is missing or `change` gives null. */
function rewrite(
  bytes: Uint8Array,
  id: number,
  change: (section: Reader) => number[] | null,
): Uint8Array {
  const reader = new Reader(bytes);
  reader.at = 8;
  while (reader.at < reader.end) {
    const start = reader.at;
    const found = reader.byte();
    const section = reader.sub(reader.u32());
    if (found !== id) continue;
    const body = change(section);
    if (body === null) return bytes;
    const head = [id, ...leb(body.length), ...body];
    const out = new Uint8Array(start + head.length + bytes.length - reader.at);
    out.set(bytes.subarray(0, start));
    out.set(head, start);
    out.set(bytes.subarray(reader.at), start + head.length);
    return out;
  }
  return bytes;
}

function leb(value: number): number[] {
  const out: number[] = [];
  do {
    const byte = value & 0x7f;
    value >>>= 7;
    out.push(value ? byte | 0x80 : byte);
  } while (value);
  return out;
}
