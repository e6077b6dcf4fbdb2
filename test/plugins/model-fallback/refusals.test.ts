import { upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { nativeChain, well } from "./native-chain.js";
import { BODY, chain, event, exposed, good, SSE } from "./replay-chain.js";

// `errors.neverOnBody`: no other target is asked about what a model refuses for safety, in whatever
// form the refusal comes.

const REFUSAL = { error: { message: "no", code: "content_filter" } };
const ERROR = { error: { message: "no", code: "busy" } };
const NAMED = { errors: { neverOnBody: [{ path: "code", in: ["DataInspectionFailed"] }] } };
const BY_BODY = { errors: { onBody: [{ path: "error.message", in: ["no"] }] } };
const dashScope = (code: string) =>
  `event:error\n:HTTP_STATUS/400\ndata:${JSON.stringify({ code })}\n\n`;
const whole = (json: Json, status = 200) => upstream().reply(status, { json });
const inPieces = (json: Json) => {
  const text = JSON.stringify(json);
  const headers = { "content-type": "application/json" };
  const chunks = [text.slice(0, 12), text.slice(12, 30), text.slice(30)];
  return upstream().reply(200, { headers, chunks, every: 10 });
};
const events = (...chunks: string[]) => upstream().reply(200, { headers: SSE, chunks, every: 10 });

const CASES: [string, Record<string, Json>, () => ReturnType<typeof upstream>, boolean][] = [
  ["a document", {}, () => whole(REFUSAL), true],
  ["a document that says something else", {}, () => whole(ERROR), false],
  ["a document in pieces", {}, () => inPieces(REFUSAL), true],
  ["a document in pieces that says something else", {}, () => inPieces(ERROR), false],
  ["the first event", {}, () => events(": ping\n\n", event(REFUSAL)), true],
  ["a first event that says something else", {}, () => events(event(ERROR)), false],
  ["DashScope's own event", NAMED, () => events(dashScope("DataInspectionFailed")), true],
  ["another of DashScope's", NAMED, () => events(dashScope("Throttling")), false],
  ["an error by a rule of onBody", BY_BODY, () => whole(REFUSAL, 400), true],
  ["another error by that rule", BY_BODY, () => whole(ERROR, 400), false],
];

describe.each(CASES)("%s", (_what, config, model, isFinal) => {
  const body = { ...BODY, stream: true };

  test("native", async () => {
    const { ask } = await nativeChain({ config, models: { a: model(), b: well("b") } });
    expect(exposed(await ask({ body }))).toMatchObject({ "x-llm-target": isFinal ? "a" : "b" });
  });

  test("replay, of the first target", async () => {
    const { ask } = await chain("envoy", config, model());
    const target = isFinal ? "r1" : "distill";
    expect(exposed(await ask({ body }))).toMatchObject({ "x-llm-target": target });
  });

  test("replay, of a later one", async () => {
    const last = upstream().reply(200, good("qwen-max"));
    const { ask } = await chain("envoy", config, upstream().reply(503), model(), last);
    const target = isFinal ? "distill" : "qwen";
    expect(exposed(await ask({ body }))).toMatchObject({ "x-llm-target": target });
  });
});
