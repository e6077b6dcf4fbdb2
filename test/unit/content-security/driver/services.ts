import { Aliyun } from "@ai-gateway-wasm/content-security/assembly/backend/aliyun/aliyun";
import { readBackends } from "@ai-gateway-wasm/content-security/assembly/backend/backends";
import { ChatGuard } from "@ai-gateway-wasm/content-security/assembly/backend/guard/chat-guard";
import { readQwen3Guard } from "@ai-gateway-wasm/content-security/assembly/backend/guard/config";
import { Doubts } from "@ai-gateway-wasm/content-security/assembly/doubts";
import { Backend } from "@ai-gateway-wasm/content-security/assembly/judge/backend";
import { bytes } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { answer, answerText, argument } from "../../json/driver/frame";
import { answerCall, answerJudgement, questionOf, readerOf, thresholdsOf } from "./asking";

export { input, outputAt, outputLength } from "../../json/driver/frame";

export * from "./aliyun";

/*
 * Back ends as they are configured: argument 0 is a configuration, ours or that of a peer's plugin;
 * `index` is the place in its list.
 */

function backendsOf(config: ConfigReader): Backend[] {
  const doubts = new Doubts(config, new PluginLog(bytes("driver")));
  if (config.has("accessKey")) return [new Aliyun(config, doubts)];
  if (config.has("serviceSource")) return [new ChatGuard(readQwen3Guard(config))];
  const backends: Backend[] = [];
  readBackends(config, backends, doubts);
  return backends;
}

function backendAt(index: i32): Backend {
  return backendsOf(readerOf(argument(0)))[index];
}

/** What is wrong; or a line for each service: cluster, host, time, most characters, what it wants. */
export function configure(): void {
  const reader = readerOf(argument(0));
  const backends = backendsOf(reader);
  if (reader.errors.any) return answerText(reader.errors.message);
  for (let i = 0; i < backends.length; i++) {
    const client = backends[i].client;
    answer(client.cluster.name);
    answerText(" " + client.cluster.host.toString() + " " + client.timeoutMs.toString());
    answerText(" " + backends[i].maxChars.toString());
    if (backends[i].submitsEmpty) answerText(" empty");
    if (backends[i].wantsPrompt) answerText(" prompt");
    if (backends[i].isCumulative) answerText(" cumulative");
    answerText("\n");
  }
}

/** Text, prompt, service of one consumer: the call, or that it does not judge. */
export function ask(index: i32, phase: i32, kind: i32): void {
  const backend = backendAt(index);
  const question = questionOf(1, phase, kind);
  if (!backend.judges(question)) return answerText("does not judge");
  answerCall(backend, question);
}

/** Answer. */
export function parse(index: i32, phase: i32, kind: i32): void {
  answerJudgement(backendAt(index).parse(questionOf(2, phase, kind), argument(1)));
}

export function requestId(index: i32): void {
  answer(backendAt(index).requestIdOf(argument(1)));
}

/** Answer: the verdict when sensitive data is masked, and all bars are the same. */
export function verdict(index: i32, bar: i32, mask: bool): void {
  const backend = backendAt(index);
  const judgement = backend.parse(questionOf(2, 0, 0), argument(1));
  if (judgement === null) return answer(null);
  answerText((backend.verdict(judgement, thresholdsOf(bar, mask)) as i32).toString());
}
