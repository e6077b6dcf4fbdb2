import { describe, expect } from "vitest";
import {
  fuzz,
  ResponseFlag,
  ScheduleFailure,
  upstream,
  type ScheduleScenario,
} from "../../harness/src";
import { test } from "../../harness/src/vitest";
import { config, probe, type Script } from "./probe";

const REQUESTS = ["/1", "/2", "/3"].map((path) => ({ target: `http://a.test${path}` }));
/** Asks about every request and goes on with the one that came last. */
const ASKS: Script = { request_headers: "call auth / 500; ret 4", http_call: "cont 0" };

/** Three clients before a probe under a script. */
function scenario(script: Script, more: Partial<ScheduleScenario> = {}): ScheduleScenario {
  return {
    host: () => ({
      plugins: [{ name: "probe", wasm: probe, config: config(script) }],
      logLevel: "error",
      clusters: {
        auth: upstream().reply(200, { body: "yes" }),
        backend: upstream().reply(200, { chunks: ["a", "b"] }),
      },
    }),
    requests: REQUESTS,
    ...more,
  };
}

async function failure(
  of: ScheduleScenario,
  options: Parameters<typeof fuzz.schedule>[1] = {},
): Promise<ScheduleFailure> {
  const error: unknown = await fuzz.schedule(of, options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ScheduleFailure);
  return error as ScheduleFailure;
}

/** The upstream must see the requests in the order of the clients. */
const inOrder: ScheduleScenario["check"] = (host) => {
  const paths = host.clusters["backend"]!.requests.map(({ path }) => path);
  if (paths.join() !== [...paths].sort().join()) throw new Error(`order: ${paths.join()}`);
};

describe("what an order breaks", () => {
  test("a later request that overtakes: one move is left of the schedule", async () => {
    const found = await failure(scenario({}, { check: inOrder }));
    expect(found.problem).toMatch(/^order: /);
    expect(found.schedule).toHaveLength(1);
    expect(found.schedule[0]).toMatch(/^client [23] sends$/);
  });

  test("a client that leaves while its call-out is under way", async () => {
    const script: Script = { ...ASKS, "http_call#1": "eff 2; cont 0" };
    const of = scenario(script, { requests: REQUESTS.slice(0, 1) });
    const found = await failure(of);
    expect(found.problem).toContain("S05");
    expect(found.schedule).toEqual(["client 1 sends", "client 1 leaves"]);
    expect(found.message).toMatch(/schedule: client 1 sends \| client 1 leaves\n/);
    expect(found.trace).toMatch(/proxy_on_http_call_response/);
    // Nothing is wrong as long as everybody stays.
    expect((await fuzz.schedule(of, { leaves: false, runs: 30 })).complete).toBe(true);
  });

  test("a call-out that answers after its time is up", async () => {
    const script: Script = {
      ...ASKS,
      "http_call#1": "eff 2; get 6 :status; cont 0",
    };
    const statuses =
      (timedOut: string): ScheduleScenario["check"] =>
      (host) => {
        const { outcome } = host.calls("proxy_http_call").last!;
        if (outcome === timedOut) throw new Error(`outcome ${outcome}`);
      };
    const requests = REQUESTS.slice(0, 1);
    const found = await failure(scenario(script, { requests, check: statuses("504") }), {
      leaves: false,
    });
    expect(found.schedule).toContain("time passes");
    expect(found.problem).toBe("outcome 504");
  });

  test("a request that nobody goes on with, in any order", async () => {
    const found = await failure(scenario({ "request_headers#2": "ret 4" }));
    expect(found.problem).toMatch(/never answered: client 2/);
    expect(found.schedule).toEqual([]);
  });

  test("a trap, whatever the failure policy makes of it", async () => {
    const of = scenario({ "response_body#2": "trap" });
    const found = await failure(of);
    expect(found.problem).toMatch(/^Function: proxy_on_response_body failed: Uncaught/);
  });
});

describe("a failing schedule", () => {
  test("is found again with the same seed, and its words replay it", async () => {
    const of = scenario({}, { check: inOrder });
    const first = await failure(of, { seed: 7 });
    expect((await failure(of, { seed: 7 })).message).toBe(first.message);
    const replayed = await failure(of, { seed: 7, replay: first.schedule });
    expect(replayed.message).toBe(first.message);
    expect(first.message).toContain(
      `replay: ${JSON.stringify({ seed: 7, replay: first.schedule })}`,
    );
  });

  test("that fails no more is no failure", async () => {
    const report = await fuzz.schedule(scenario({}), { replay: ["client 3 sends", "nobody"] });
    expect(report).toEqual({ runs: 1, orders: 1, complete: true });
  });
});

describe("what no order breaks", () => {
  const body = { chunks: ["a", "b"], trailers: { "x-t": "1" } };
  test.schedule(
    "bodies in pieces, with trailers",
    scenario({}, { requests: [...REQUESTS, ...REQUESTS.map((one) => ({ ...one, ...body }))] }),
    { runs: 60 },
  );

  test("every client hears its own answer", async () => {
    let left = 0;
    const check: ScheduleScenario["check"] = (_host, answers) => {
      for (const answer of answers) {
        if (answer === null) left++;
        // Time passes too: an upstream may be given up after its 15 seconds.
        else if (answer.status === 200 && !answer.reset) expect(answer.text()).toBe("ab");
        else expect(answer.flags & ResponseFlag.UpstreamRequestTimeout).toBeTruthy();
      }
    };
    const report = await fuzz.schedule(scenario({}, { check }), { runs: 60 });
    expect(report.runs).toBe(60);
    expect(report.orders).toBeGreaterThan(50);
    expect(left).toBeGreaterThan(5);
  });

  test("the budget of time is kept", async () => {
    expect(await fuzz.schedule(scenario({}), { budgetMs: 0 })).toMatchObject({ complete: false });
  });
});
