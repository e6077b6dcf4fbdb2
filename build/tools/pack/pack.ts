import binaryen from "binaryen";
import { segmentsOf } from "../segments.js";
import { encode } from "./encode.js";
import { CONTEXT_BYTES } from "./model.js";
import { shorten } from "./shorten.js";

const PAGE = 65536;
/** What asc may emit with asconfig.json, and no more: gateways need not know newer features. */
const FEATURES: binaryen.Features =
  binaryen.Features.MutableGlobals |
  binaryen.Features.SignExt |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SIMD128;
/** Of a function with one caller, in binaryen's measure, about a byte and a half each. */
const LARGEST_INLINED = 86;
/** Of a function with several. asc leaves 6 behind with `--shrinkLevel 1`, which is longer. */
const ALWAYS_INLINED = 2;
const UNPACK = "unpack";
const INITIALIZE = "_initialize";

/** Static data of a module: the bytes of its memory from `start` on. */
interface Image {
  start: number;
  bytes: Uint8Array;
}

/**
 * Stores the static data of a module shortened (shorten.ts) and packed (encode.ts), and has
 * `_initialize` unpack it before anything reads it: token-rate-limit's 43 KiB become 8.5.
 * The module must export `unpack` (shared/unpack) and `_initialize`; the former export goes.
 *
 * The packed bytes lie at the end of the first memory, where the heap grows to later.
 *
 * @param plain bytes at the end of static data that stay as they are: used in place, not unpacked
 */
export function packModule(wasm: Uint8Array, plain = 0): Uint8Array {
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(FEATURES);
    const image = readImage(module);
    const end = image.start + image.bytes.length;
    const plainAt = image.bytes.length - plain;
    const short = shorten(image.bytes.subarray(0, plainAt), image.start);
    const packed = encode(short);
    const shortAt = end + (plain > 0 ? 2 : 0); // the reader looks at two bytes before: zeros
    const shortEnd = shortAt + short.length;
    const { initial, max } = module.getMemoryInfo();
    const pages = Math.max(initial, Math.ceil((shortEnd + CONTEXT_BYTES + packed.length) / PAGE));
    const at = pages * PAGE - packed.length;
    const segment = (offset: number, data: Uint8Array) => ({
      offset: module.i32.const(offset),
      data,
      passive: false,
    });
    const segments = [segment(at, packed)];
    if (plain > 0) segments.push(segment(image.start + plainAt, image.bytes.subarray(plainAt)));
    module.setMemory(pages, max ?? -1, null, segments);
    unpackFirst(module, [at, image.start, shortAt, shortEnd]);
    module.removeExport(UNPACK);
    optimize(module);
    if (!module.validate()) throw new Error("the packed module is not valid");
    return emit(module);
  } finally {
    module.dispose();
  }
}

/**
 * Once more what asc did before: now `unpack` is in it. Twice, as each pass leaves something for the
 * next (1 % of a module together). Without a limit a module is 1 % smaller
 * still, but V8 keeps what it needed to compile large functions: a MiB per worker in key-auth.
 */
function optimize(module: binaryen.Module): void {
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(2);
  binaryen.setOneCallerInlineMaxSize(LARGEST_INLINED);
  binaryen.setAlwaysInlineMaxSize(ALWAYS_INLINED);
  module.optimize();
  module.optimize();
}

/** The binary, less the locals that only the tree form of the code needs. */
function emit(module: binaryen.Module): Uint8Array {
  useStackIR(true);
  const wasm = module.emitBinary();
  useStackIR(false); // asc writes its modules with the same settings
  return wasm;
}

function useStackIR(on: boolean): void {
  binaryen.setGenerateStackIR(on);
  binaryen.setOptimizeStackIR(on);
}

/** Puts a call of `unpack` with these arguments before what `_initialize` does. */
function unpackFirst(module: binaryen.Module, args: number[]): void {
  const functionOf = (name: string): string => binaryen.getExportInfo(module.getExport(name)).value;
  const { none } = binaryen;
  const body = module.block(null, [
    module.call(
      functionOf(UNPACK),
      args.map((value) => module.i32.const(value)),
      none,
    ),
    module.call(functionOf(INITIALIZE), [], none),
  ]);
  module.addFunction("unpack-and-initialize", none, none, [], body);
  module.removeExport(INITIALIZE);
  module.addFunctionExport("unpack-and-initialize", INITIALIZE);
}

function readImage(module: binaryen.Module): Image {
  const segments = segmentsOf(module);
  const start = Math.min(...segments.map(({ offset }) => offset));
  const end = Math.max(...segments.map(({ offset, data }) => offset + data.length));
  const bytes = new Uint8Array(end - start);
  for (const { offset, data } of segments) bytes.set(data, offset - start);
  return { start, bytes };
}
