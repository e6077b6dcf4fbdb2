import { RegexError } from "@ai-gateway-wasm/match";
import { PatternScan, PatternSet, PatternSetBuilder } from "@ai-gateway-wasm/match/set";
import { argument, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

let set: PatternSet | null = null;

/** Builds a set of the arguments; answers those refused. */
export function build(count: i32): void {
  const builder = new PatternSetBuilder();
  for (let i = 0; i < count; i++) {
    const error = new RegexError();
    if (builder.add(argument(i).copy(), error) < 0) {
      answerText(i.toString() + " " + error.message + "\n");
    }
  }
  set = builder.build();
  answerText(builder.count.toString());
}

/** The patterns that match in the pieces that the arguments are; with `showLive` after each one. */
export function scan(pieces: i32, showLive: bool): void {
  const patterns = set;
  if (patterns === null) return;
  const scan = new PatternScan(patterns);
  for (let i = 0; i < pieces; i++) {
    scan.feed(argument(i));
    if (showLive) answerFound(scan);
    if (showLive) answerText("~" + scan.live.toString() + " ");
  }
  scan.finish();
  answerFound(scan);
}

/** The texts that the arguments are, by turns, so many bytes at a time: what matches in each. */
export function scanByTurns(texts: i32, step: i32): void {
  const patterns = set;
  if (patterns === null) return;
  const scans: PatternScan[] = [];
  let longest = 0;
  for (let i = 0; i < texts; i++) {
    scans.push(new PatternScan(patterns));
    longest = max(longest, argument(i).length);
  }
  for (let at = 0; at < longest; at += step) {
    for (let i = 0; i < texts; i++) scans[i].feed(argument(i).sub(at, at + step));
  }
  for (let i = 0; i < texts; i++) {
    scans[i].finish();
    answerFound(scans[i]);
    answerText("| ");
  }
}

function answerFound(scan: PatternScan): void {
  for (let i = scan.nextFound(0); i >= 0; i = scan.nextFound(i + 1)) {
    answerText(i.toString() + " ");
  }
  scan.forget();
}
