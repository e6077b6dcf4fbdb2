import { findDetector } from "@ai-gateway-wasm/match/detect";
import { argument, answer, answerText } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** The values of the kind in argument 0 in each of the others, each behind `start-end `. */
export function detect(texts: i32): void {
  const detector = findDetector(argument(0));
  if (detector === null) return answer(null);
  for (let i = 1; i <= texts; i++) {
    const detection = detector.search(argument(i));
    while (detection.next()) {
      answerText(detection.start.toString() + "-" + detection.end.toString() + " ");
    }
    answerText("\n");
  }
}

/** The pattern of the kind in argument 0. */
export function pattern(): void {
  const detector = findDetector(argument(0));
  answer(detector === null ? null : detector.pattern);
}
