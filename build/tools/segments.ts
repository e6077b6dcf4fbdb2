import type binaryen from "binaryen";

/** Bytes that a module's memory begins with, at `offset`. */
export interface Segment {
  offset: number;
  data: Uint8Array;
}

/** What binaryen's own types have under an older name (131.0.0-nightly.20260721). */
interface DataSegments {
  getNumDataSegments(): number;
  getDataSegmentByIndex(index: number): number;
  getDataSegmentInfo(segment: number): { offset: number; data: ArrayBuffer };
}

export function segmentsOf(module: binaryen.Module): Segment[] {
  const all = module as unknown as DataSegments;
  return Array.from({ length: all.getNumDataSegments() }, (_, index) => {
    const { offset, data } = all.getDataSegmentInfo(all.getDataSegmentByIndex(index));
    return { offset, data: new Uint8Array(data) };
  });
}
