import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, BytesTable, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";

const STAR: u8 = 0x2a;
const ORDERS: string[] = ["sorted", "longest"];

/** Which of several prefixes counts. */
export const enum MappingOrder {
  /** The first in byte order of the keys, which is the shortest: what Higress does. */
  Sorted,
  Longest,
}

/** `gpt-4*`, without its star, and what it becomes. */
@final
class Prefix {
  /** Where in the target the rest of the name goes; -1: nowhere. */
  private readonly star: i32;

  constructor(
    readonly text: Slice,
    private readonly target: Slice,
  ) {
    const star = target.indexOf(STAR);
    this.star = star >= 0 && target.indexOf(STAR, star + 1) < 0 ? star : -1;
  }

  /** The target for a name that begins with the prefix; empty: it stays. */
  map(name: Slice): Slice {
    if (this.star < 0) return this.target;
    return new Builder(this.target.length + name.length)
      .append(this.target.sub(0, this.star))
      .append(name.sub(this.text.length))
      .append(this.target.sub(this.star + 1))
      .view();
  }
}

/**
 * What model names become (model-router contract 2.2):
 *
 *   gpt-4      that name
 *   gpt-4*     names that begin so; one `*` in the target stands for the rest of the name
 *   *          all others
 *
 * An empty target keeps the name.
 */
@final
export class ModelMapping {
  private readonly exact: BytesTable<Slice> = new BytesTable<Slice>();
  private readonly prefixes: Prefix[] = [];
  private fallback: Slice = NO_BYTES;

  /** @param table an object: names to names */
  constructor(
    table: JsonValue,
    private readonly order: MappingOrder,
  ) {
    const members = table.entries();
    while (members.next()) {
      const key = members.key.copy();
      const target = configText(members.value).copy();
      const last = key.length - 1;
      if (key.at(last) != <i32>STAR) this.exact.set(key, target);
      else if (last == 0) this.fallback = target;
      else this.addPrefix(key.sub(0, last), target);
    }
  }

  /** The name's new name; the same slice when it keeps it. */
  map(name: Slice): Slice {
    const target = this.find(name);
    return target.isEmpty ? name : target;
  }

  /** What the table says about the name; no bytes: an entry keeps it. Without an entry, itself. */
  find(name: Slice): Slice {
    const exact = this.exact.find(name);
    if (exact !== null) return exact;
    for (let i = 0; i < this.prefixes.length; i++) {
      const prefix = this.prefixes[i];
      if (name.startsWith(prefix.text)) return prefix.map(name);
    }
    return this.fallback.isEmpty ? name : this.fallback;
  }

  /** Keeps the order; of equal prefixes the first stays. */
  private addPrefix(text: Slice, target: Slice): void {
    const prefixes = this.prefixes;
    let at = prefixes.length;
    while (at > 0 && this.isBefore(text, prefixes[at - 1].text)) at--;
    if (at > 0 && prefixes[at - 1].text.equals(text)) return;
    const added = new Prefix(text, target);
    prefixes.push(added);
    for (let i = prefixes.length - 1; i > at; i--) prefixes[i] = prefixes[i - 1];
    prefixes[at] = added;
  }

  private isBefore(left: Slice, right: Slice): bool {
    if (this.order == MappingOrder.Longest && left.length != right.length) {
      return left.length > right.length;
    }
    return compareKeys(left, right) < 0;
  }
}

/** Reads `mappingOrder`. */
export function readMappingOrder(config: ConfigReader): MappingOrder {
  return <MappingOrder>config.choice("mappingOrder", ORDERS, MappingOrder.Sorted);
}

/** Reads `modelMapping`; null: there is no table, or it is refused. */
export function readModelMapping(config: ConfigReader, order: MappingOrder): ModelMapping | null {
  const table = config.find("modelMapping");
  if (table === null) return null;
  if (table.isObject) return new ModelMapping(table, order);
  config.refuseWith("modelMapping must be an object");
  return null;
}

/** Byte order of the keys as they are written, star included: `gpt*` stands before `gpt-4*`. */
function compareKeys(left: Slice, right: Slice): i32 {
  const order = left.sub(0, right.length).compare(right.sub(0, left.length));
  if (order != 0 || left.length == right.length) return order;
  const isLeftShorter = left.length < right.length;
  const next = isLeftShorter ? right.at(left.length) : left.at(right.length);
  // A star comes after control characters, blanks and `!"#$%&'()`.
  const isStarFirst = next >= <i32>STAR;
  return isStarFirst == isLeftShorter ? -1 : 1;
}
