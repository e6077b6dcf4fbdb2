import binaryen from "binaryen";
import { segmentsOf } from "../segments.js";

const HEAP_BASE = "~lib/memory/__heap_base";
const PAGE = 65536;
/** As a module's largest memory: asc's, which means none. */
const NO_LIMIT = -1;

/**
 * Puts bytes behind all static data, and the heap behind them; the address of the bytes. A last
 * byte that is not zero shows pack.ts where data ends: the optimiser takes zeros away.
 */
export function appendData(module: binaryen.Module, bytes: Uint8Array): number {
  const data = Buffer.concat([bytes, Buffer.of(1)]);
  const heap = binaryen.getGlobalInfo(module.getGlobal(HEAP_BASE));
  const { value } = binaryen.getExpressionInfo(heap.init) as binaryen.ConstInfo;
  const offset = 8 * Math.ceil(Number(value) / 8);
  const end = offset + data.length;
  const { initial, max } = module.getMemoryInfo();
  const segments = [...segmentsOf(module), { offset, data }].map((segment) => ({
    offset: module.i32.const(segment.offset),
    data: segment.data,
    passive: false,
  }));
  module.setMemory(Math.max(initial, Math.ceil(end / PAGE)), max ?? NO_LIMIT, null, segments);
  module.removeGlobal(HEAP_BASE);
  module.addGlobal(HEAP_BASE, binaryen.i32, false, module.i32.const(end));
  return offset;
}
