import { Builder } from "@ai-gateway-wasm/bytes";
import {
  compileFinder,
  Finder,
  RegexError,
  Search,
  ShortSearch,
  Template,
} from "@ai-gateway-wasm/match/find";
import { argument, answer, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

let finder: Finder | null = null;

/** Compiles argument 0; answers why not, or nothing. */
export function compile(keepsGroups: bool): void {
  const error = new RegexError();
  // The frame with the pattern is freed before the next call.
  finder = compileFinder(argument(0).copy(), error, keepsGroups);
  if (finder === null) answerText(error.message);
}

/**
 * The matches in each argument, as `start-end ` and the groups; a line for each argument. `!` where
 * `searchShort` finds something else in a short one.
 */
export function findAll(texts: i32, showGroups: bool): void {
  const compiled = finder;
  if (compiled === null) return;
  for (let i = 0; i < texts; i++) {
    const text = argument(i);
    const search = compiled.search(text);
    const short = text.length <= 512 ? compiled.searchShort(text) : null;
    while (search.next()) {
      answerMatch(compiled, search, showGroups);
      if (short !== null && !(short.next() && isSame(compiled, search, short))) answerText("!");
    }
    answerText(short !== null && short.next() ? "!\n" : "\n");
  }
}

/** How many matches argument 0 has. */
export function count(): void {
  const compiled = finder;
  if (compiled === null) return;
  let found = 0;
  const search = compiled.search(argument(0));
  while (search.next()) found++;
  answerText(found.toString());
}

/** The first match in argument 0 that begins at each position or behind. */
export function findFromEach(showGroups: bool): void {
  const compiled = finder;
  if (compiled === null) return;
  const text = argument(0);
  const search = compiled.search(text);
  for (let from = 0; from <= text.length; from++) {
    if (search.find(from)) answerMatch(compiled, search, showGroups);
    else answerText("-");
    answerText("\n");
  }
}

/** Argument 0 with all matches replaced by the template in argument 1. */
export function replace(): void {
  const compiled = finder;
  if (compiled === null) return;
  const text = argument(0);
  const template = new Template(argument(1), compiled);
  const search = compiled.search(text);
  const replaced = new Builder();
  let from = 0;
  while (search.next()) {
    replaced.append(text.sub(from, search.start));
    template.expand(search, replaced);
    from = search.end;
  }
  answer(replaced.append(text.sub(from)).view());
}

function isSame(compiled: Finder, one: Search, other: ShortSearch): bool {
  for (let i = 0; i < compiled.groupCount; i++) {
    if (!one.group(i).equals(other.group(i))) return false;
  }
  return one.start == other.start && one.end == other.end;
}

function answerMatch(compiled: Finder, search: Search, showGroups: bool): void {
  answerText(search.start.toString() + "-" + search.end.toString());
  for (let i = 1; showGroups && i < compiled.groupCount; i++) {
    answerText("(");
    answer(search.group(i));
    answerText(")");
  }
  answerText(" ");
}
