import { composite, createHost, upstream, type Host, type PluginOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  answerOf,
  BUILDS,
  CLUSTER_HEADER,
  CLUSTERS,
  configuration,
  expected,
  FORMS,
  play,
  STEPS,
  tell,
  type Build,
  type Form,
  type Mood,
  type Outcome,
} from "./lease-scenario.js";
import { CHAT, good, PROFILES } from "./replay-chain.js";
import { JSON_TYPE } from "./support.js";

// The story of lent keys in the test host, with its own clock.

async function playInHost(form: Form, build: Build): Promise<Outcome[]> {
  let mood: Mood = "well";
  const sent: string[] = [];
  const model = (name: string) =>
    upstream()
      .handle(({ headers }) => {
        const key = headers.find(([header]) => header === "authorization")?.[1] ?? "no key";
        sent.push(`${name} ${key.replace("Bearer ", "")}`);
        const [status, more] = answerOf(name === "a" ? mood : "well");
        return { status, headers: more, ...(status < 400 ? good(name) : { json: {} }) };
      })
      .metadata({ model_fallback: { target: name } });
  const turn = 1_800_000_000;
  const config = configuration(form, turn);
  const plugin = (role: string): PluginOptions => ({
    wasm: `build/${build}/model-fallback.wasm`,
    vmId: "one",
    rootId: role,
    allowOnHeadersStopIteration: true,
    config: { ...config, role },
  });
  const outer = Object.entries(form === "native" ? CLUSTERS : {}).map(([name, of]) => [
    name,
    composite(...of)
      .maxRetries(100)
      .filters(plugin("upstream")),
  ]);
  await using host: Host = await createHost({
    profile: PROFILES[build],
    startTime: (turn - 5) * 1000,
    plugins: [plugin("listener")],
    routes: [{ clusterHeader: CLUSTER_HEADER, timeoutMs: 0 }],
    clusters: { a: model("a"), b: model("b"), ...(Object.fromEntries(outer) as object) },
  });
  const now = () => host.clock.now / 1000 - turn;
  return await play({
    now,
    until: async (beats) => {
      const ms = (beats - now()) * 1000;
      if (ms > 0) await host.clock.advance(ms);
    },
    ask: async (consumer, next) => {
      mood = next;
      sent.length = 0;
      const headers = { ...JSON_TYPE, "x-mse-consumer": consumer, authorization: "Bearer client" };
      const body = '{"model":"r1","messages":[]}';
      const reply = await host.fetch(CHAT, { method: "POST", headers, body }).settle();
      return {
        status: reply.status,
        header: (name) => reply.headers.get(name),
        sent: [...sent],
        state: (name) => {
          const value = reply.filterState[name];
          return value === undefined ? null : Buffer.from(value).toString();
        },
      };
    },
  });
}

describe.each(FORMS)("%s", (form) => {
  test.each(BUILDS)("%s", async (build) => {
    const outcomes = await playInHost(form, build);
    for (const [i, step] of STEPS.entries()) {
      expect({ what: step.what, ...tell(outcomes[i]!, build) }).toEqual({
        what: step.what,
        ...expected(step, build),
      });
    }
  });
});
