import { Builder, decimal, parseInteger, Slice } from "@ai-gateway-wasm/bytes";

const LOWEST: i32 = 100;
const HIGHEST: i32 = 599;
/** Statuses that model servers and the proxies before them answer with. */
const USUAL: i32[] = [
  400, 401, 402, 403, 404, 408, 409, 413, 422, 424, 425, 429, 498, 499, 500, 502, 503, 504, 507,
  508, 520, 521, 522, 523, 524, 525, 526, 529, 530,
];
/** What a list for Envoy's router may be long: it is sent and parsed with every request. */
const LONGEST_LIST: i32 = 32;

/**
 * A set of HTTP statuses as configurations write it: `503`, the classes `5xx`, `5*` and (meant as
 * an expression, and never anchored, in Higress) `5.*`, the range `500-599`.
 */
@final
export class StatusSet {
  private readonly members: StaticArray<bool> = new StaticArray<bool>(HIGHEST + 1);

  has(status: i32): bool {
    return status >= LOWEST && status <= HIGHEST && this.members[status];
  }

  /** Adds what a text names, or takes it out. False: it names nothing. */
  mark(text: Slice, isIn: bool): bool {
    let first: i64;
    let last: i64;
    const dash = text.indexOf(0x2d);
    if (isClass(text)) {
      first = <i64>(text.at(0) - 0x30) * 100;
      last = first + 99;
    } else if (dash > 0) {
      first = parseInteger(text.sub(0, dash));
      last = parseInteger(text.sub(dash + 1));
    } else {
      first = parseInteger(text);
      last = first;
    }
    if (first < LOWEST || last > HIGHEST || first > last) return false;
    for (let status = <i32>first; status <= <i32>last; status++) this.members[status] = isIn;
    return true;
  }

  /**
   * The statuses for Envoy's router, which wants each one by name: all of them when they are few,
   * else the usual ones. The others must be turned into 503 before it sees them
   * (`isListed`).
   */
  listed(): StatusSet {
    if (this.count() <= LONGEST_LIST) return this;
    const usual = new StatusSet();
    for (let i = 0; i < USUAL.length; i++) usual.members[USUAL[i]] = this.has(USUAL[i]);
    return usual;
  }

  /** A set with one more member. */
  with(status: i32): StatusSet {
    const wider = new StatusSet();
    for (let i = LOWEST; i <= HIGHEST; i++) wider.members[i] = this.members[i];
    wider.members[status] = true;
    return wider;
  }

  /** `429,500,503` */
  toList(): Slice {
    const list = new Builder(128);
    for (let status = LOWEST; status <= HIGHEST; status++) {
      if (!this.members[status]) continue;
      if (list.length > 0) list.appendByte(0x2c);
      list.appendText(decimal(status));
    }
    return list.toSlice();
  }

  private count(): i32 {
    let count = 0;
    for (let status = LOWEST; status <= HIGHEST; status++) count += i32(this.members[status]);
    return count;
  }
}

/** `5xx`, `5*`, `5.*` */
function isClass(text: Slice): bool {
  const digit = text.at(0) - 0x30;
  if (<u32>(digit - 1) > 4) return false;
  if (text.length == 2) return text.at(1) == 0x2a;
  if (text.length != 3) return false;
  if (text.at(1) == 0x2e) return text.at(2) == 0x2a;
  return (text.at(1) | 0x20) == 0x78 && (text.at(2) | 0x20) == 0x78;
}
