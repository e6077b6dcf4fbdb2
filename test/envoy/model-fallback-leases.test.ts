import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import {
  answerOf,
  BUILDS,
  CLUSTER_HEADER,
  CLUSTERS,
  configuration,
  expected,
  FORMS,
  Late,
  play,
  STEPS,
  tell,
  type Build,
  type Form,
  type Mood,
  type Outcome,
} from "../plugins/model-fallback/lease-scenario.js";
import { sleep } from "./envoy.js";
import { FallbackChain, header } from "./fallback-chain.js";

// The story of lent keys in a real Envoy. The build for Higress runs here, too: but for what is in
// `ai_log` both do the same.

const LIMIT = 300_000;
const VARIANTS = FORMS.flatMap((form) => BUILDS.map((build) => [form, build] as const));

const outcomes: Record<string, Outcome[]> = {};
const chains: Record<string, FallbackChain> = {};

/** Again with longer beats when this machine is too slow for them. */
async function playInEnvoy(form: Form, build: Build, beat = 1): Promise<Outcome[]> {
  try {
    return await playOnce(form, build, beat);
  } catch (error) {
    if (!(error instanceof Late) || beat > 8) throw error;
    await chains[`${form} ${build}`]!.stop();
    return await playInEnvoy(form, build, beat * 2);
  }
}

async function playOnce(form: Form, build: Build, beat: number): Promise<Outcome[]> {
  // Four of them start at once, which takes a while.
  const turn = Math.ceil(Date.now() / 1000) + 5 * beat;
  const chain = await FallbackChain.start({
    targets: CLUSTERS["llm-chain"]!,
    further: { "from-b": CLUSTERS["from-b"]! },
    config: configuration(form, turn, beat),
    route: { cluster_header: CLUSTER_HEADER },
    wasm: `build/${build}/model-fallback.wasm`,
    replays: form === "replay",
  });
  chains[`${form} ${build}`] = chain;
  let mood: Mood = "well";
  chain.answer("a", () => {
    const [status, headers] = answerOf(mood, beat);
    return { status, headers: [["content-type", "application/json"], ...Object.entries(headers)] };
  });
  const now = () => (Date.now() / 1000 - turn) / beat;
  return await play({
    now,
    until: async (beats) => {
      while (now() < beats) await sleep(Math.max(1, (beats - now()) * beat * 1000));
    },
    ask: async (consumer, next) => {
      mood = next;
      const before = { a: chain.visits("a").length, b: chain.visits("b").length };
      const headers = { "x-mse-consumer": consumer, authorization: "Bearer client" };
      const reply = await chain.ask(undefined, headers);
      const sent = (["a", "b"] as const).flatMap((name) =>
        chain
          .visits(name)
          .slice(before[name])
          .map(
            (visit) => `${name} ${header(visit, "authorization").join().replace("Bearer ", "")}`,
          ),
      );
      const record = await chain.record(reply);
      const states: Record<string, string> = {
        model_fallback_trace: record.trace,
        model_fallback_served: record.served,
        model_fallback_from: record.from,
        ai_log: record.aiLog,
      };
      return {
        status: reply.status,
        header: (name) => reply.headers.get(name),
        sent,
        state: (name) => states[name] ?? null,
      };
    },
  });
}

beforeAll(async () => {
  await buildPlugins(["model-fallback"], [...BUILDS]);
  const played = VARIANTS.map(async ([form, build]) => {
    outcomes[`${form} ${build}`] = await playInEnvoy(form, build);
  });
  await Promise.all(played);
}, LIMIT);
afterAll(async () => {
  await Promise.all(Object.values(chains).map((chain) => chain.stop()));
});

describe.each(VARIANTS)("%s, built for %s", (form, build) => {
  test.each(STEPS.map((step, i) => [step.what, step, i] as const))("%s", (_what, step, i) => {
    expect(tell(outcomes[`${form} ${build}`]![i]!, build)).toEqual(expected(step, build));
  });

  test("no key is in a log line or the filter state", () => {
    const said = outcomes[`${form} ${build}`]!.map(({ state }) =>
      ["model_fallback_trace", "model_fallback_served", "model_fallback_from", "ai_log"].map(state),
    );
    expect(JSON.stringify([chains[`${form} ${build}`]!.lines(), said])).not.toMatch(
      /[ab]-(alice|old|new|bob|all)/,
    );
  });
});
