import {
  WordMatches,
  WordOptions,
  WordScan,
  WordSet,
  WordSetBuilder,
} from "@ai-gateway-wasm/match/words";
import { argument, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

let set: WordSet | null = null;

/** Builds a set of the lines of argument 0, their number is the payload; answers those refused. */
export function build(
  caseSensitive: bool,
  normalise: bool,
  ignoreSeparators: bool,
  anywhere: bool,
): void {
  const options = new WordOptions();
  options.caseSensitive = caseSensitive;
  options.normalise = normalise;
  options.ignoreSeparators = ignoreSeparators;
  options.anywhere = anywhere;
  const builder = new WordSetBuilder(options);
  const lines = argument(0);
  let number = 0;
  for (let at = 0; at < lines.length; number++) {
    let end = lines.indexOf(0x0a, at);
    if (end < 0) end = lines.length;
    if (!builder.add(lines.sub(at, end), number)) answerText(number.toString() + " ");
    at = end + 1;
  }
  set = builder.build();
}

/** Bytes that the set holds, and pages of memory. */
export function weigh(): void {
  const words = set;
  if (words !== null) answerText(words.bytes.toString() + " " + memory.size().toString());
}

/** The matches in the pieces that the arguments are: `start-end:payload `, and `~live ` after each. */
export function scan(matches: WordMatches, pieces: i32, showLive: bool): void {
  const words = set;
  if (words === null) return;
  const scan = new WordScan(words, matches);
  for (let i = 0; i < pieces; i++) {
    scan.feed(argument(i));
    answerMatches(scan);
    if (showLive) answerText("~" + scan.live.toString() + " ");
  }
  scan.finish();
  answerMatches(scan);
}

/** How many matches argument 0 has. */
export function count(matches: WordMatches): void {
  const words = set;
  if (words === null) return;
  const scan = new WordScan(words, matches);
  let found = 0;
  scan.feed(argument(0));
  while (scan.next()) found++;
  scan.finish();
  while (scan.next()) found++;
  answerText(found.toString());
}

function answerMatches(scan: WordScan): void {
  while (scan.next()) {
    const place = scan.start.toString() + "-" + scan.end.toString();
    answerText(place + ":" + scan.payload.toString() + " ");
  }
}
