/**
 * Memory for what the host hands to us: header values, bodies, properties.
 *
 *   block  ┌──────────────┬──────────────────────────────┐  64 KiB, allocated once
 *          │ handed out   │ free                         │
 *          └──────────────┴──────────────────────────────┘
 *                         ↑ used
 *   large  ┌──────┬───────────┐   anything that does not fit; a linked list,
 *          │ next │ bytes …   │   freed when the next callback begins
 *          └──────┴───────────┘
 *
 * A slice of this memory is valid until its callback returns. Reuse is later than that on
 * purpose: Higress's Go test emulator keeps views on memory we passed back to it instead of
 * copies (harness.md 7), so the block is only rewound once half of it is used.
 */
const BLOCK_SIZE: usize = 64 * 1024;

let block: usize = 0;
let used: usize = 0;
let large: usize = 0;

/** Memory of `size` bytes for the running callback, 8-byte aligned. */
export function allocateInArena(size: usize): usize {
  const rounded = (size + 7) & ~7;
  if (block == 0) block = heap.alloc(BLOCK_SIZE);
  if (used + rounded > BLOCK_SIZE) return allocateLarge(size);
  const at = block + used;
  used += rounded;
  return at;
}

/** Called by the dispatcher when a callback begins: earlier slices of the arena end here. */
export function beginArena(): void {
  if (used > BLOCK_SIZE / 2) used = 0;
  while (large != 0) {
    const next = load<usize>(large);
    heap.free(large);
    large = next;
  }
}

function allocateLarge(size: usize): usize {
  const at = heap.alloc(size + 16);
  store<usize>(at, large);
  large = at;
  return at + 16;
}
