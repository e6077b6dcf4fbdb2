import {
  Builder,
  decodePercent,
  decodePercentLeniently,
  NO_BYTES,
  Slice,
} from "@ai-gateway-wasm/bytes";

/** How the parameters of a query string are told apart. */
export const enum QuerySyntax {
  /**
   * Go's net/url: `+` is a space; a pair with `;` or a broken escape is dropped; the fragment is
   * cut off first.
   */
  Go,
  /** Envoy's: `+` is a plus sign, `;` and `#` are ordinary, a broken escape stays as it is. */
  Envoy,
}

/**
 * Walks over the parameters of a request path. Never fails: what is not a parameter is passed over.
 *
 *   /a?x=1&y=%32#f
 *      ↑ query      one `next()` per segment between `&`
 */
@final
export class QueryReader {
  private readonly query: Slice;
  private position: i32 = 0;

  /** The decoded name of the current parameter. */
  name: Slice = NO_BYTES;
  /** The decoded value of the current parameter. */
  value: Slice = NO_BYTES;

  constructor(
    path: Slice,
    private readonly syntax: QuerySyntax,
  ) {
    this.query = path.sub(queryStart(path, syntax), queryEnd(path, syntax));
  }

  /** Moves to the next parameter; false when there is none. */
  next(): bool {
    while (this.position < this.query.length) {
      let end = this.query.indexOf(0x26, this.position);
      if (end < 0) end = this.query.length;
      const segment = this.query.sub(this.position, end);
      this.position = end + 1;
      if (!segment.isEmpty && this.read(segment)) return true;
    }
    return false;
  }

  /** Reads one `name=value` segment; false when it is not a parameter. */
  read(segment: Slice): bool {
    if (this.syntax == QuerySyntax.Go && segment.indexOf(0x3b) >= 0) return false;
    let equals = segment.indexOf(0x3d);
    if (equals < 0) equals = segment.length;
    const name = decode(segment.sub(0, equals), this.syntax);
    const value = decode(segment.sub(equals + 1), this.syntax);
    if (name === null || value === null) return false;
    this.name = name;
    this.value = value;
    return true;
  }
}

/**
 * `path` without the parameters called one of `names`: exactly those `name=value` segments are cut,
 * every other byte stays, and a query that became empty loses its `?`.
 */
export function withoutParameters(path: Slice, names: Slice[], syntax: QuerySyntax): Slice {
  const start = queryStart(path, syntax);
  const end = queryEnd(path, syntax);
  if (start >= end) return path;
  const out = new Builder(path.length);
  out.append(path.sub(0, start));
  let kept = 0;
  let position = start;
  while (position <= end) {
    let next = path.indexOf(0x26, position);
    if (next < 0 || next > end) next = end;
    const segment = path.sub(position, next);
    if (!isNamed(segment, names, syntax)) {
      if (kept++ > 0) out.appendByte(0x26);
      out.append(segment);
    }
    position = next + 1;
  }
  if (out.length == start) out.truncate(start - 1);
  out.append(path.sub(end));
  return out.view();
}

function isNamed(segment: Slice, names: Slice[], syntax: QuerySyntax): bool {
  const reader = new QueryReader(NO_BYTES, syntax);
  if (!reader.read(segment)) return false;
  for (let i = 0; i < names.length; i++) {
    if (names[i].equals(reader.name)) return true;
  }
  return false;
}

/** Position after the first `?`, or the end of the path. */
function queryStart(path: Slice, syntax: QuerySyntax): i32 {
  const mark = path.indexOf(0x3f);
  return mark < 0 || mark > queryEnd(path, syntax) ? path.length : mark + 1;
}

function queryEnd(path: Slice, syntax: QuerySyntax): i32 {
  const fragment = syntax == QuerySyntax.Go ? path.indexOf(0x23) : -1;
  return fragment < 0 ? path.length : fragment;
}

function decode(text: Slice, syntax: QuerySyntax): Slice | null {
  return syntax == QuerySyntax.Go ? decodePercent(text, true) : decodePercentLeniently(text);
}
