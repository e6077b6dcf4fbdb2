import { NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { DollarPath, Step } from "./dollar-path";
import { Comparison, Filter, Relation } from "./filter";
import {
  EachSelector,
  FilterSelector,
  IndexSelector,
  NameSelector,
  Selector,
  SliceSelector,
} from "./selector";

const DOLLAR: i32 = 0x24;
const STAR: i32 = 0x2a;
const DOT: i32 = 0x2e;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const QUESTION: i32 = 0x3f;
const OPEN: i32 = 0x5b;
const CLOSE: i32 = 0x5d;

/** Null: it is none, or has a part that is not known here. */
export function compileDollarPath(text: Slice): DollarPath | null {
  return text.at(0) == DOLLAR ? new Compiler(text).run() : null;
}

/** Reads a path from left to right. */
@final
class Compiler {
  private at: i32 = 1;
  private readonly steps: Step[] = [];

  constructor(private readonly text: Slice) {}

  run(): DollarPath | null {
    while (this.at < this.text.length) {
      if (!this.readStep()) return null;
    }
    return new DollarPath(this.steps);
  }

  private readStep(): bool {
    const isDotted = this.take(DOT);
    const isDeep = isDotted && this.take(DOT);
    const selectors: Selector[] = [];
    if (this.take(OPEN)) {
      if ((isDotted && !isDeep) || !this.readList(selectors)) return false;
    } else if (!isDotted || !this.readShort(selectors)) {
      return false;
    }
    this.steps.push(new Step(selectors, isDeep));
    return true;
  }

  /** `*`, or a name without quotes. */
  private readShort(to: Selector[]): bool {
    if (this.take(STAR)) return add(to, new EachSelector());
    const name = this.readName();
    return !name.isEmpty && add(to, new NameSelector(name));
  }

  /** Selectors with commas between them, up to the bracket behind them. */
  private readList(to: Selector[]): bool {
    do {
      this.skipBlanks();
      if (!this.readSelector(to)) return false;
      this.skipBlanks();
    } while (this.take(COMMA));
    return this.take(CLOSE);
  }

  private readSelector(to: Selector[]): bool {
    if (this.take(STAR)) return add(to, new EachSelector());
    if (this.take(QUESTION)) return this.readFilter(to);
    const name = this.readQuoted();
    if (name !== null) return add(to, new NameSelector(name));
    return this.readNumbers(to);
  }

  /** An index, or two or three numbers of a slice. */
  private readNumbers(to: Selector[]): bool {
    const first = this.readInteger();
    if (!this.take(COLON)) {
      return first != NOT_AN_INTEGER && isSmall(first) && add(to, new IndexSelector(<i32>first));
    }
    const behind = this.readInteger();
    const step = this.take(COLON) ? this.readInteger() : NOT_AN_INTEGER;
    const selector = new SliceSelector(
      orNone(first),
      orNone(behind),
      step == NOT_AN_INTEGER ? 1 : step,
    );
    const areSmall = isSmall(first) && isSmall(behind) && isSmall(step);
    return areSmall && add(to, selector);
  }

  private readInteger(): i64 {
    const start = this.at;
    this.take(0x2d);
    while (<u32>(this.text.at(this.at) - 0x30) < 10) this.at++;
    return parseInteger(this.text.sub(start, this.at));
  }

  /** `?@.a == 'b' && @.c`, with or without brackets around all of it. */
  private readFilter(to: Selector[]): bool {
    const filter = new Filter();
    this.skipBlanks();
    const isBracketed = this.take(0x28);
    while (true) {
      if (!this.readComparison(filter)) return false;
      this.skipBlanks();
      if (this.takeBoth(0x7c)) filter.or();
      else if (!this.takeBoth(0x26)) break;
    }
    if (isBracketed && !this.take(0x29)) return false;
    return add(to, new FilterSelector(filter));
  }

  private readComparison(filter: Filter): bool {
    this.skipBlanks();
    const isNegated = this.take(0x21);
    if (!this.take(0x40)) return false;
    const names: Slice[] = [];
    if (!this.readMembers(names)) return false;
    const comparison = new Comparison(names);
    comparison.isNegated = isNegated;
    filter.add(comparison);
    this.skipBlanks();
    if (this.takeBoth(0x3d)) comparison.relation = Relation.Equal;
    else if (this.take(0x21)) comparison.relation = Relation.Unequal;
    else return true;
    if (comparison.relation == Relation.Unequal && !this.take(0x3d)) return false;
    return !isNegated && this.readLiteral(comparison);
  }

  /** `.a['b']` */
  private readMembers(to: Slice[]): bool {
    while (true) {
      if (this.take(DOT)) {
        const name = this.readName();
        if (name.isEmpty) return false;
        to.push(name);
      } else if (this.take(OPEN)) {
        const name = this.readQuoted();
        if (name === null || !this.take(CLOSE)) return false;
        to.push(name);
      } else {
        return true;
      }
    }
  }

  private readLiteral(comparison: Comparison): bool {
    this.skipBlanks();
    const quoted = this.readQuoted();
    comparison.isText = quoted !== null;
    comparison.literal = quoted === null ? this.readName(true) : quoted;
    return quoted !== null || !comparison.literal.isEmpty;
  }

  /** Null: no quote begins here, or it does not end. */
  private readQuoted(): Slice | null {
    const quote = this.text.at(this.at);
    if (quote != 0x27 && quote != 0x22) return null;
    const end = this.text.indexOf(<u8>quote, this.at + 1);
    if (end < 0) return null;
    const name = this.text.sub(this.at + 1, end);
    this.at = end + 1;
    return name;
  }

  /** @param withDots of a number */
  private readName(withDots: bool = false): Slice {
    const start = this.at;
    let byte = this.text.at(start);
    while (isNameByte(byte) || (withDots && byte == DOT)) byte = this.text.at(++this.at);
    return this.text.sub(start, this.at);
  }

  private skipBlanks(): void {
    while (this.text.at(this.at) == 0x20) this.at++;
  }

  private takeBoth(byte: i32): bool {
    if (this.text.at(this.at) != byte || this.text.at(this.at + 1) != byte) return false;
    this.at += 2;
    return true;
  }

  private take(byte: i32): bool {
    if (this.text.at(this.at) != byte) return false;
    this.at++;
    return true;
  }
}

function add(to: Selector[], selector: Selector): bool {
  to.push(selector);
  return true;
}

function orNone(number: i64): i64 {
  return number == NOT_AN_INTEGER ? SliceSelector.NONE : number;
}

/** It counts elements, or is left out. */
function isSmall(number: i64): bool {
  return number == NOT_AN_INTEGER || (number >= i32.MIN_VALUE && number <= i32.MAX_VALUE);
}

/** Letters, digits, `_`, `-` and everything beyond ASCII. */
function isNameByte(byte: i32): bool {
  if (byte >= 0x80 || byte == 0x5f || byte == 0x2d) return true;
  return <u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10;
}
