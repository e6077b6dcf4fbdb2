import type { SourceMap } from "node:module";
import type { Compiled } from "./compile.js";

/** A frame of wasm as V8 prints it: name if the module has a name section, index, byte offset. */
const FRAME = /at (?:(.+?) \()?wasm:\/\/[^ ]*?wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

/** Frames looked at; V8's own default of ten may end before the guest begins. */
const DEPTH = 100;
/** Frames that the gateway writes. */
const SHOWN = 20;

/** Runs `run` so that the stack of what it throws is deep enough for a backtrace. */
export function withDeepStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

interface Frame {
  /** Function index. */
  index: number;
  /** V8's name of it. */
  name: string | undefined;
  /** Byte offset in the module as it came. */
  offset: number;
}

/** Frames of the guest in a stack of V8's, innermost first. */
function framesIn(stack: string, { shift }: Compiled): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const [, name, index, offset] = FRAME.exec(line) ?? [];
    if (index === undefined || offset === undefined) return [];
    return [{ index: Number(index), name, offset: parseInt(offset, 16) - shift }];
  });
}

/**
 * The stack of a trap as the gateway writes it below the message. Empty where the module has no name
 * section: the gateway writes none, then (harness.md §6.12).
 */
export function backtrace(stack: string, compiled: Compiled): string {
  const { names } = compiled.info;
  if (names.size === 0) return "";
  const lines = framesIn(stack, compiled)
    .slice(0, SHOWN)
    .map(({ index, offset }, i) => {
      const name = names.get(index) ?? `unknown(function index:${index})`;
      return `\n${String(i).padStart(3)}:  0x${offset.toString(16)} - ${name}`;
    });
  return `\nProxy-Wasm plugin in-VM backtrace:${lines.join("")}`;
}

/**
 * The stack of the running guest, innermost first, one frame a line: function name, and the source
 * line where the module has a map (asc --sourceMap), else the byte offset. Empty outside a guest.
 *
 * The frames are taken now and put into words when the result is called: words cost ten times as
 * much, and most places are never shown.
 */
export function guestStack(compiled: Compiled): () => string {
  const taken = withDeepStacks(() => new Error());
  return () => inWords(taken.stack ?? "", compiled);
}

function inWords(stack: string, compiled: Compiled): string {
  return framesIn(stack, compiled)
    .map(({ index, name, offset }) => {
      const source = sourceOf(compiled.sourceMap, offset);
      return `at ${name ?? `function[${index}]`} (${source})`;
    })
    .join("\n");
}

/** A wasm source map has one line; its columns are byte offsets. */
function sourceOf(map: SourceMap | null, offset: number): string {
  const entry = map?.findEntry(0, offset);
  if (!entry || !("originalSource" in entry)) return `0x${offset.toString(16)}`;
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}
