import type { SourceMap } from "node:module";

/** A frame of wasm as V8 prints it: name if the module has a name section, index, byte offset. */
const FRAME = /at (?:(.+?) \()?wasm:\/\/[^ ]*?wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

/** Frames looked at; V8's own default of ten may end before the guest begins. */
const DEPTH = 100;

/**
 * The stack of the running guest, innermost first, one frame a line: function name, and the source
 * line where the module has a map (asc --sourceMap), else the byte offset. Empty outside a guest.
 *
 * The frames are taken now and put into words when the result is called: words cost ten times as
 * much, and most places are never shown.
 */
export function guestStack(map: SourceMap | null): () => string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  const taken = new Error();
  Error.stackTraceLimit = limit;
  return () => inWords(taken.stack ?? "", map);
}

function inWords(stack: string, map: SourceMap | null): string {
  return stack
    .split("\n")
    .flatMap((line) => {
      const [, name, index, offset] = FRAME.exec(line) ?? [];
      if (index === undefined || offset === undefined) return [];
      return [
        `at ${name ?? `function[${index}]`} (${sourceOf(map, parseInt(offset, 16), offset)})`,
      ];
    })
    .join("\n");
}

/** A wasm source map has one line; its columns are byte offsets. */
function sourceOf(map: SourceMap | null, offset: number, hex: string): string {
  const entry = map?.findEntry(0, offset);
  if (!entry || !("originalSource" in entry)) return `0x${hex}`;
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}
