import { BuiltInScan, WordOptions } from "@ai-gateway-wasm/match/words";
import { argument, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** `found` or not, and `~live ` after each of the pieces that the arguments are. */
export function scan(minChars: i32, normalise: bool, pieces: i32): void {
  const options = new WordOptions();
  options.normalise = normalise;
  const scan = new BuiltInScan(options, minChars);
  for (let i = 0; i < pieces; i++) {
    scan.feed(argument(i));
    answerText("~" + scan.live.toString() + " ");
  }
  scan.finish();
  answerText(scan.isFound ? "found" : "none");
}
