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

/** Two texts by turns, a byte at a time. */
export function scanBoth(): void {
  const patterns = set;
  if (patterns === null) return;
  const left = new PatternScan(patterns);
  const right = new PatternScan(patterns);
  for (let at = 0; at < max(argument(0).length, argument(1).length); at++) {
    left.feed(argument(0).sub(at, at + 1));
    right.feed(argument(1).sub(at, at + 1));
  }
  left.finish();
  right.finish();
  answerFound(left);
  answerText("| ");
  answerFound(right);
}

function answerFound(scan: PatternScan): void {
  for (let i = scan.nextFound(0); i >= 0; i = scan.nextFound(i + 1)) {
    answerText(i.toString() + " ");
  }
  scan.forget();
}
