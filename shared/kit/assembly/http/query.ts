import { Builder, decodePercent, escapedByte, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

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

  /**
   * Moves to the next parameter called `name`, for its value; false when there is none. Makes no
   * object of others.
   */
  find(name: Slice): bool {
    const query = this.query;
    while (this.position < query.length) {
      const start = this.position;
      let end = query.indexOf(0x26, start);
      if (end < 0) end = query.length;
      this.position = end + 1;
      if (end > start && this.readAt(query, start, end, name)) return true;
    }
    return false;
  }

  /** Reads the value of the segment in `[start, end)`; false when it is not a parameter called `name`. */
  readAt(text: Slice, start: i32, end: i32, name: Slice): bool {
    const isGo = this.syntax == QuerySyntax.Go;
    const equals = endOfName(text, start, end, name, isGo);
    return equals >= 0 && this.readValue(text.sub(equals, end));
  }

  /** Reads one `name=value` segment; false when it is not a parameter. */
  read(segment: Slice): bool {
    let equals = segment.indexOf(0x3d);
    if (equals < 0) equals = segment.length;
    const name = this.decode(segment.sub(0, equals));
    if (name === null || !this.readValue(segment.sub(equals))) return false;
    this.name = name;
    return true;
  }

  /** @param text empty, or `=` and a value */
  private readValue(text: Slice): bool {
    const value = this.decode(text.sub(1));
    if (value === null) return false;
    this.value = value;
    return true;
  }

  private decode(text: Slice): Slice | null {
    const isGo = this.syntax == QuerySyntax.Go;
    return isGo && text.indexOf(0x3b) >= 0 ? null : decodePercent(text, isGo, !isGo);
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
  const reader = new QueryReader(NO_BYTES, syntax);
  const out = new Builder(path.length);
  out.append(path.sub(0, start));
  let kept = 0;
  let position = start;
  while (position <= end) {
    let next = path.indexOf(0x26, position);
    if (next < 0 || next > end) next = end;
    let i = 0;
    while (i < names.length && !reader.readAt(path, position, next, names[i])) i++;
    if (i == names.length) {
      if (kept++ > 0) out.appendByte(0x26);
      out.append(path.sub(position, next));
    }
    position = next + 1;
  }
  if (out.length == start) out.truncate(start - 1);
  out.append(path.sub(end));
  return out.view();
}

/** Where the name ends that begins at `at`; -1: once it is decoded, it is not `name`. */
function endOfName(text: Slice, at: i32, end: i32, name: Slice, isGo: bool): i32 {
  for (let i = 0; i < name.length; i++) {
    let byte = text.at(at);
    if (at >= end || byte == 0x3d) return -1;
    const escaped = byte == 0x25 ? escapedByte(text, at) : -1;
    if (escaped >= 0) {
      byte = escaped;
      at += 2;
    } else if (isGo) {
      if (byte == 0x25 || byte == 0x3b) return -1;
      if (byte == 0x2b) byte = 0x20;
    }
    if (byte != name.at(i)) return -1;
    at++;
  }
  return at >= end || text.at(at) == 0x3d ? at : -1;
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
