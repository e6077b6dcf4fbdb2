import { ChatGuard } from "@ai-gateway-wasm/content-security/assembly/backend/guard/chat-guard";
import {
  GuardConfig,
  readGuard,
  readQwen3Guard,
} from "@ai-gateway-wasm/content-security/assembly/backend/guard/config";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { answer, answerText, argument } from "../../json/driver/frame";
import { answerCall, answerJudgement, questionOf, readerOf, thresholdsOf } from "./asking";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/** @param isPeer the configuration of a qwen3guard plugin */
function read(reader: ConfigReader, isPeer: bool): GuardConfig {
  return isPeer ? readQwen3Guard(reader) : readGuard(reader);
}

/** The configuration in argument 0: what is wrong with it, or the place of the service. */
export function configure(isPeer: bool): void {
  const reader = readerOf(argument(0));
  const guard = new ChatGuard(read(reader, isPeer));
  if (reader.errors.any) return answerText(reader.errors.message);
  const client = guard.client;
  answer(client.cluster.name);
  answerText(" " + client.cluster.host.toString() + " " + client.timeoutMs.toString());
  answerText(guard.isCumulative ? " cumulative " : " ");
  answerText(guard.maxChars.toString() + (guard.wantsPrompt ? " prompt" : ""));
}

/** Configuration, text and prompt: the call. */
export function ask(isPeer: bool, phase: i32): void {
  const guard = new ChatGuard(read(readerOf(argument(0)), isPeer));
  answerCall(guard, questionOf(1, phase, 0));
}

/** Configuration and answer. */
export function parse(): void {
  const guard = new ChatGuard(readGuard(readerOf(argument(0))));
  answerJudgement(guard.parse(questionOf(2, 0, 0), argument(1)));
}

export function requestId(): void {
  answer(new ChatGuard(readGuard(readerOf(argument(0)))).requestIdOf(argument(1)));
}

/** Configuration and answer: the verdict with these bars. */
export function verdict(isPeer: bool, bar: i32): void {
  const guard = new ChatGuard(read(readerOf(argument(0)), isPeer));
  const judgement = guard.parse(questionOf(2, 0, 0), argument(1));
  if (judgement === null) return answer(null);
  answerText((guard.verdict(judgement, thresholdsOf(bar, false)) as i32).toString());
}

export function judgesImages(): void {
  const guard = new ChatGuard(readGuard(readerOf(argument(0))));
  answerText(guard.judges(questionOf(1, 0, 1)) ? "yes" : "no");
}
