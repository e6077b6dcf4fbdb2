/** A piece of memory that nobody uses. */
@unmanaged
class Span {
  /** The next one, at a higher address; null: the last. */
  next: Span | null = null;
  size: usize = 0;
}

/** Spans begin and end at multiples of it. */
const GRAIN: usize = 16;
const PAGE: usize = 65536;
/** That many at once, unless more are wanted: half of what doubles may never be used. */
const MOST_PAGES: usize = 64;

/** The lowest free span. No two of them touch each other. */
let first: Span | null = null;
/**
 * The span that was given back last, null once one was taken. A sweep gives back thousands, most of
 * them in the order of their addresses: each looks for its place from there. 100 000 e-mail addresses
 * masked and put aside took half of the time in `giveSpan`.
 */
let latest: Span | null = null;
/** Where memory that was never handed out begins and ends. */
let fresh: usize = (__heap_base + GRAIN - 1) & ~(GRAIN - 1);

/** The first free span that is large enough, cut to size. Traps when the host gives no more memory. */
export function takeSpan(size: usize): usize {
  latest = null;
  let before: Span | null = null;
  let span = first;
  while (span !== null) {
    if (span.size >= size) {
      let after = span.next;
      if (span.size > size) {
        const rest = changetype<Span>(changetype<usize>(span) + size);
        rest.next = after;
        rest.size = span.size - size;
        after = rest;
      }
      if (before === null) first = after;
      else before.next = after;
      return changetype<usize>(span);
    }
    before = span;
    span = span.next;
  }
  return takeFresh(size);
}

/** Memory that never was in use. Growing doubles it, so that it happens rarely, up to a step of 4 MiB. */
function takeFresh(size: usize): usize {
  const start = fresh;
  const end = start + size;
  const pages = <usize>memory.size();
  if (end > pages * PAGE) {
    const missing = (end + PAGE - 1) / PAGE - pages;
    const wanted = max(missing, min(pages, MOST_PAGES));
    if (memory.grow(<i32>wanted) < 0 && memory.grow(<i32>missing) < 0) unreachable();
  }
  fresh = end;
  return start;
}

/** Takes a span back, and joins it with free neighbours. */
export function giveSpan(start: usize, size: usize): void {
  let before = latest;
  if (before !== null && changetype<usize>(before) > start) before = null;
  let after = before === null ? first : before.next;
  while (after !== null && changetype<usize>(after) < start) {
    before = after;
    after = after.next;
  }
  const span = changetype<Span>(start);
  const touchesAfter = start + size == changetype<usize>(after);
  span.size = after !== null && touchesAfter ? size + after.size : size;
  span.next = after !== null && touchesAfter ? after.next : after;
  if (before === null) {
    first = span;
  } else if (changetype<usize>(before) + before.size == start) {
    before.size += span.size;
    before.next = span.next;
    latest = before;
    return;
  } else {
    before.next = span;
  }
  latest = span;
}
