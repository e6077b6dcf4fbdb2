import { Builder, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";
import { parseIndex } from "../key-path";
import { EachStep } from "./each";
import { KeyStep, PatternStep } from "./key";
import { readLiteral, readModifier } from "./compile-modifier";
import { readMultipath } from "./compile-multipath";
import { readQuery } from "./compile-query";
import { LinesStep } from "./multipath";
import { QueryStep } from "./query";
import { JsonPath, PathStep } from "./step";

/** Why a path could not be compiled. */
@final
export class PathError {
  reason: string = "";
}

/** How deep queries, multipaths and @dig may nest in one path. */
const MAX_NESTING = 16;

/**
 * Compiles a GJSON path (ai-cache contract, Annex A; GJSON 1.18). Null when it cannot be parsed:
 * empty, a bracket or quote that is not closed, a query or argument followed by anything but `.` or
 * `|`. Meant for the configuration; the result is used for every request.
 *
 * @param error receives the reason
 */
export function compilePath(text: string, error: PathError | null = null): JsonPath | null {
  const path = bytes(text);
  const compiler = new PathCompiler(path, 0);
  const compiled = path.isEmpty ? compiler.fail("the path is empty") : compiler.run();
  if (compiled === null && error !== null) error.reason = compiler.reason;
  return compiled;
}

/** Reads a path from left to right; the parts inside brackets get a compiler of their own. */
@final
export class PathCompiler {
  /** Position of the next byte. */
  at: i32 = 0;
  reason: string = "";

  constructor(
    readonly text: Slice,
    private readonly nesting: i32,
  ) {}

  run(): JsonPath | null {
    if (this.nesting > MAX_NESTING) return this.fail("the path is nested too deep");
    const path = this.steps(false);
    if (path === null || this.at >= this.text.length) return path;
    return this.fail("unexpected " + this.text.sub(this.at).toString());
  }

  /** Compiles the part `[start, end)` of the text, for queries and multipaths. */
  inner(part: Slice): JsonPath | null {
    const compiler = new PathCompiler(part, this.nesting + 1);
    const path = compiler.run();
    if (path === null) this.reason = compiler.reason;
    return path;
  }

  fail(reason: string): JsonPath | null {
    if (this.reason.length == 0) this.reason = reason;
    return null;
  }

  byte(): i32 {
    return this.text.at(this.at);
  }

  /** True at the end of a component. */
  isAtSeparator(): bool {
    const byte = this.byte();
    return byte < 0 || byte == Char.Dot || byte == Char.Pipe;
  }

  /** @param perElement after `#.`: a `|` ends the part that is applied to each element */
  private steps(perElement: bool): JsonPath | null {
    const steps = new Array<PathStep>();
    if (this.nesting == 0 && this.at == 0 && this.startsLines()) steps.push(new LinesStep());
    let afterDot = false;
    while (true) {
      const step = this.step(afterDot);
      if (step === null) return null;
      steps.push(step);
      const separator = this.byte();
      if (separator < 0 || (separator == Char.Pipe && perElement)) break;
      if (!this.isAtSeparator()) return this.fail("expected . or | after a component");
      afterDot = separator == Char.Dot;
      this.at++;
    }
    return new JsonPath(StaticArray.fromArray(steps));
  }

  private startsLines(): bool {
    if (this.text.at(0) != Char.Dot || this.text.at(1) != Char.Dot) return false;
    this.at = 2;
    return true;
  }

  private step(afterDot: bool): PathStep | null {
    switch (this.byte()) {
      case Char.At: {
        const modifier = readModifier(this);
        if (modifier !== null || this.reason.length > 0) return modifier;
        break;
      }
      case Char.Bang: {
        if (afterDot) break;
        const literal = readLiteral(this);
        if (literal !== null || this.reason.length > 0) return literal;
        break;
      }
      case Char.OpenSquare:
      case Char.OpenCurly:
        return readMultipath(this);
      case Char.Hash: {
        const next = this.text.at(this.at + 1);
        if (next == Char.OpenRound || next == Char.OpenSquare) return this.query();
        if (next < 0 || next == Char.Dot || next == Char.Pipe) return this.each();
        break;
      }
    }
    return this.key();
  }

  private each(): PathStep | null {
    const key = this.text.sub(this.at, this.at + 1);
    this.at++;
    if (this.byte() != Char.Dot) return new EachStep(key, null);
    const rest = this.rest();
    return rest === null ? null : new EachStep(key, rest);
  }

  private query(): PathStep | null {
    const query = readQuery(this);
    if (query === null) return null;
    if (this.byte() != Char.Hash) return new QueryStep(query, false, null);
    this.at++;
    if (this.byte() != Char.Dot) return new QueryStep(query, true, null);
    const rest = this.rest();
    return rest === null ? null : new QueryStep(query, true, rest);
  }

  /** What follows a dot and belongs to each element. */
  private rest(): JsonPath | null {
    this.at++;
    return this.steps(true);
  }

  /** A key: ends at an unescaped `.` or `|`; wildcards keep their escapes for the matcher. */
  private key(): PathStep {
    const start = this.at;
    const key = new Builder(16);
    let isPattern = false;
    while (!this.isAtSeparator()) {
      let byte = this.byte();
      if (byte == Char.Star || byte == Char.Question) isPattern = true;
      if (byte == Char.Backslash) {
        byte = this.text.at(++this.at);
        if (byte < 0) break; // a backslash at the very end stands for nothing
      }
      key.appendByte(<u8>byte);
      this.at++;
    }
    if (isPattern) return new PatternStep(this.text.sub(start, this.at).kept());
    const name = key.toSlice();
    return new KeyStep(name, parseIndex(name));
  }
}
