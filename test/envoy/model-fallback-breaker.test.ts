import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { sleep } from "./envoy.js";
import { failing, FallbackChain } from "./fallback-chain.js";
import { type ChainOptions } from "./fallback-bootstrap.js";

// The breaker of native: two workers share what they know, and requests are steered to a cluster
// that begins behind the target that fails.

const LIMIT = 300_000;
const TARGETS = ["a", "b", "c"];
const HEADER = "x-llm-cluster";
const CONFIG = {
  targets: TARGETS.map((name) => ({ name, model: `model-${name}` })),
  chains: [
    {
      name: "r1",
      targets: TARGETS,
      cluster: "llm-chain",
      breakerClusters: ["", "from-b", "from-c"],
    },
  ],
  clusterHeader: HEADER,
  timeouts: { firstToken: 1000, unary: 1000 },
};
const BREAKER = { failures: 3, windowSeconds: 60, openSeconds: 1, closeAfter: 2 };

let chain: FallbackChain;
beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterEach(() => chain.stop());

async function start(breaker: object, options: Partial<ChainOptions> = {}): Promise<void> {
  chain = await FallbackChain.start({
    targets: TARGETS,
    config: { ...CONFIG, breaker: { ...BREAKER, ...breaker } },
    workers: 2,
    further: { "from-b": ["b", "c"], "from-c": ["c"] },
    route: { cluster_header: HEADER },
    ...options,
  });
}

const target = async () => (await chain.ask()).headers.get("x-llm-target");

/** This machine was too slow for the seconds of a story, which says nothing of the breaker. */
class Late extends Error {}

/** Throws `Late` once that many milliseconds have passed, or nearly. */
function deadline(ms: number): () => void {
  const end = Date.now() + ms - 50;
  return () => {
    if (Date.now() >= end) throw new Late();
  };
}

/** Plays a story again with twice the seconds when it was late. */
async function inTime(play: (seconds: number) => Promise<void>): Promise<void> {
  for (let seconds = 1; ; seconds *= 2) {
    try {
      return await play(seconds);
    } catch (error) {
      if (!(error instanceof Late) || seconds > 8) throw error;
      await chain.stop();
    }
  }
}

test("it opens, is told in the metrics, probes, and closes again", { timeout: LIMIT }, () =>
  inTime(async (seconds) => {
    const pause = () => sleep(seconds * 1000 + 100);
    await start({ openSeconds: seconds });
    chain.script("a", failing(503));
    const isOpen = deadline(seconds * 1000);
    for (let i = 0; i < 3; i++) expect(await target()).toBe("b");
    isOpen();
    expect(chain.visits("a").length).toBe(3);
    await skipsIt(isOpen);

    // One probe at a time; a failed one opens it for twice as long.
    await pause();
    const isOpenAgain = deadline(seconds * 2000);
    expect(await target()).toBe("b");
    expect(chain.visits("a").length).toBe(4);
    for (const wait of [async () => {}, pause]) {
      await wait();
      const name = await target();
      isOpenAgain();
      expect([name, chain.visits("a").length]).toEqual(["b", 4]);
    }
    await pause();
    chain.script("a", {});
    expect(await target()).toBe("a");
    expect(await target()).toBe("a");
    expect((await chain.metrics())["r1.a.breaker_state"]).toBeUndefined();
    expect(chain.lines()).toContainEqual(expect.stringContaining("breaker closed: r1/a"));
  }),
);

/** What one worker has learnt keeps the other from asking the first target, too. */
async function skipsIt(isOpen: () => void): Promise<void> {
  let skipped = 0;
  for (; skipped < 8 || chain.workersSeen() < 2; skipped++) {
    const { headers } = await chain.ask();
    isOpen();
    expect(headers.get("x-llm-target")).toBe("b");
    expect(headers.get("x-fallback-from")).toBe("a");
    expect(headers.get("x-fallback-reason")).toBe("breaker_open");
    expect(headers.get("x-fallback-attempts")).toBe("1");
  }
  expect(chain.visits("a").length).toBe(3);
  expect(
    chain.visits("b").every(({ seen }) => !JSON.stringify(seen.headers).includes(HEADER)),
  ).toBe(true);
  expect(await chain.metrics()).toMatchObject({
    "r1.a.breaker_state": 1,
    "r1.a.breaker_opened": 1,
    "r1.a.skipped": skipped,
  });
  expect(chain.lines()).toContainEqual(
    expect.stringContaining("breaker open: r1/a (3 failures in 60s)"),
  );
}

test("a probe under way keeps others away, and is given back", { timeout: LIMIT }, () =>
  inTime(async (seconds) => {
    const patience = { firstToken: 60_000, unary: 60_000 };
    const breaker = { ...BREAKER, openSeconds: seconds };
    await start({}, { config: { ...CONFIG, timeouts: patience, breaker } });
    chain.script("a", failing(503));
    for (let i = 0; i < 3; i++) await target();
    await sleep(seconds * 1000 + 100);
    chain.script("a", { afterMs: seconds * 1000 });
    const isProbed = deadline(seconds * 1000);
    const probe = chain.ask();
    while (chain.visits("a").length === 0) await sleep(10);
    const other = await target();
    isProbed();
    expect(other).toBe("b");
    expect((await probe).headers.get("x-llm-target")).toBe("a");
    expect(await target()).toBe("a");
  }),
);

test("two open ones are both left out; with all open the chain is tried", async () => {
  await start({ openSeconds: 60 });
  for (const name of ["a", "b"]) chain.script(name, failing(503));
  for (let i = 0; i < 3; i++) expect(await target()).toBe("c");
  expect(await target()).toBe("c");
  expect([chain.visits("a").length, chain.visits("b").length]).toEqual([3, 3]);
  chain.script("c", failing(503));
  for (let i = 0; i < 3; i++) expect((await chain.ask()).status).toBe(503);
  const counts = TARGETS.map((name) => chain.visits(name).length);
  chain.reset();
  expect(await target()).toBe("a");
  expect(counts[2]).toBe(3);
});

test("a target that says how long to wait is left alone at once", async () => {
  await start({ openSeconds: 60 });
  chain.script("a", failing(429, [["retry-after", "1"]]));
  expect(await target()).toBe("b");
  expect(await target()).toBe("b");
  expect(chain.visits("a").length).toBe(1);
  await sleep(1100);
  expect(await target()).toBe("b");
  expect(chain.visits("a").length).toBe(2);
});

describe("what does not count", () => {
  test("clients that leave, requests that opt out, statuses that are not counted", async () => {
    await start({ openSeconds: 60, countStatus: ["503"] });
    chain.script("a", failing(500));
    for (let i = 0; i < 4; i++) await target();
    chain.script("a", failing(503));
    for (let i = 0; i < 4; i++) {
      const refused = await chain.ask(undefined, { "x-model-fallback": "off" });
      expect(refused.status).toBe(503);
    }
    chain.script("a", { kind: "never" });
    for (let i = 0; i < 4; i++) {
      const body = JSON.stringify({ model: "r1", messages: [] });
      const headers = { "content-type": "application/json" };
      await fetch(`${chain.url}/v1/chat/completions`, {
        method: "POST",
        headers,
        body,
        signal: AbortSignal.timeout(150),
      }).catch(() => undefined);
    }
    await sleep(100);
    expect((await chain.metrics())["r1.a.breaker_opened"]).toBeUndefined();
    chain.script("a", {});
    expect(await target()).toBe("a");
  });
});

test("with a ratio a few failures among many requests are borne", { timeout: LIMIT }, async () => {
  await start({ failures: 2, minRequests: 10, failureRatio: 0.5 });
  for (let i = 0; i < 8; i++) await target();
  chain.script("a", failing(503));
  for (let i = 0; i < 7; i++) await target();
  expect((await chain.metrics())["r1.a.breaker_opened"]).toBeUndefined();
  await target();
  expect((await chain.metrics())["r1.a.breaker_opened"]).toBe(1);
});

test("a client cannot choose the cluster", async () => {
  await start({});
  const steered = await chain.ask({ model: "r1" }, { [HEADER]: "from-c" });
  expect(steered.headers.get("x-llm-target")).toBe("a");
  const foreign = await chain.ask({ model: "r1" }, { [HEADER]: "from-c" }, "/v1/files");
  expect(foreign.headers.get("x-llm-target")).toBeNull(); // to the first target, as it is
  expect(foreign.status).toBe(200);
  expect(chain.visits("c")).toEqual([]);
});

test("switched off, every request begins at the first target", async () => {
  await start({ enabled: false });
  chain.script("a", failing(503));
  for (let i = 0; i < 6; i++) expect(await target()).toBe("b");
  expect(chain.visits("a").length).toBe(6);
});
