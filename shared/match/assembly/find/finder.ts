import { Slice } from "@ai-gateway-wasm/bytes";
import { Compiler } from "../regex/compiler";
import { RegexError, RegexFault } from "../regex/error";
import { MAX_GROUPS, noteGroups, numberGroups } from "../regex/groups";
import { Parser } from "../regex/parser";
import { Program } from "../regex/program";
import { MAX_PATTERN } from "../regex/regex";
import { validText } from "../regex/valid-text";
import { Search, SearchFrom, ShortSearch } from "./search";
import { Seeker } from "./seeker";
import { AnyStart } from "./start";
import { Tracer } from "./tracer";

/** Places that the threads of a search may hold: a megabyte and a half. */
const MAX_PLACES: i32 = 200_000;

/**
 * A compiled pattern that says where it matches. `Regex` only says whether: it needs less code, and
 * less memory for each pattern.
 */
@final
export class Finder {
  private seeker: Seeker | null = null;
  private tracer: Tracer | null = null;

  /** Only for `compileFinder`. */
  constructor(
    readonly program: Program,
    /** Names of the groups; the whole match is the first one. */
    private readonly names: Slice[],
  ) {}

  /** Number of groups, the whole match is one. */
  get groupCount(): i32 {
    return this.names.length;
  }

  /** The first group of that name; −1: there is none. */
  groupNamed(name: Slice): i32 {
    for (let i = 1; i < this.names.length; i++) {
      if (this.names[i].equals(name)) return i;
    }
    return -1;
  }

  /** Looks for matches in a text. Several searches may be under way. */
  search(text: Slice): Search {
    let seeker = this.seeker;
    let tracer = this.tracer;
    if (seeker === null || tracer === null) {
      seeker = this.seeker = new Seeker(this.program);
      tracer = this.tracer = new Tracer(this.program, this.groupCount);
    }
    return new SearchFrom<Seeker>(text, seeker, tracer);
  }

  /** The same for a text of a few hundred bytes: less code in a module that never calls `search`. */
  searchShort(text: Slice): ShortSearch {
    let tracer = this.tracer;
    if (tracer === null) tracer = this.tracer = new Tracer(this.program, this.groupCount);
    return new SearchFrom<AnyStart>(text, new AnyStart(), tracer);
  }
}

/**
 * Compiles a pattern as `compileRegex` does.
 *
 * @param keepsGroups whether matches say what groups hold; of 99 groups at most
 * @param maxBytes of the pattern
 */
export function compileFinder(
  pattern: Slice,
  error: RegexError,
  keepsGroups: bool = false,
  maxBytes: i32 = MAX_PATTERN,
): Finder | null {
  if (pattern.length > maxBytes) return refuse(pattern, error, RegexFault.TooLarge);
  if (validText(pattern) !== pattern) return refuse(pattern, error, RegexFault.Utf8);
  noteGroups(keepsGroups);
  const finder = compile(pattern, error);
  noteGroups(false);
  return finder;
}

function compile(pattern: Slice, error: RegexError): Finder | null {
  const tree = new Parser(pattern, error).parse();
  if (tree === null) return null;
  const names = numberGroups(tree, pattern);
  if (names.length > MAX_GROUPS + 1) return refuse(pattern, error, RegexFault.TooLarge);
  const program = new Compiler().compile(tree);
  if (program === null || program.length * names.length > MAX_PLACES / 2) {
    return refuse(pattern, error, RegexFault.TooLarge);
  }
  return new Finder(program, names);
}

function refuse(pattern: Slice, error: RegexError, fault: RegexFault): Finder | null {
  error.fault = fault;
  error.offset = 0;
  error.fragment = pattern;
  return null;
}
