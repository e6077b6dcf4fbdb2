import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { sleep } from "./envoy.js";
import { harness, playInHarness, TwoWorkers, type Case } from "./probe-workers.js";

// E17: what two worker threads share, in Envoy and in the harness.
const TAKE = ["queue_ready qget 0"];
const CASES: Record<string, Case> = {
  "a cas of one worker is no cas of another": {
    steps: [
      { worker: 0, does: "sget k; sset k a 0; sget k" },
      { worker: 1, does: "sget k; sset k b =; sget k" },
      { worker: 0, does: "sset k stale =; sget k; sset k c =" },
      { worker: 1, does: "sset k stale =; sset k d 0; sget k" },
    ],
  },
  "the last VM that registers hears of items, whoever sends them": {
    config: TAKE,
    steps: [
      { worker: 0, does: "qreg q" },
      { worker: 1, does: "qreg q" },
      { worker: 0, does: "qput 0 one; qput 0 two", ready: 2 },
      { worker: 1, does: "qput 0 three", ready: 3 },
      { worker: 0, does: "qget 0" },
    ],
  },
  "who registers again takes the queue back": {
    config: TAKE,
    steps: [
      { worker: 0, does: "qreg q" },
      { worker: 1, does: "qreg q" },
      { worker: 0, does: "qreg q" },
      { worker: 1, does: "qput 0 one", ready: 1 },
    ],
  },
  "who resolves a queue does not": {
    config: TAKE,
    steps: [
      { worker: 0, does: "qreg q" },
      { worker: 1, does: "qres q; qput 0 one", ready: 1 },
    ],
  },
  "items leave in order, whoever takes them": {
    steps: [
      { worker: 0, does: "qreg q; qput 0 a; qput 0 b", ready: 2 },
      { worker: 1, does: "qres q; qget 0; qput 0 c", ready: 3 },
      { worker: 0, does: "qget 0; qget 0; qget 0" },
      { worker: 1, does: "qget 0" },
    ],
  },
  "an item may be empty": {
    config: TAKE,
    steps: [{ worker: 0, does: "qreg q; qput 0", ready: 1 }],
  },
  "an item sent under way is heard of after the callback": {
    config: [...TAKE, "queue_ready@1 qput 0 again"],
    steps: [{ worker: 0, does: "qreg q; qput 0 one", ready: 2 }],
  },
  "queues and VMs nobody knows": {
    steps: [
      { worker: 0, does: "qres q; qput 70000 x; qget 70000" },
      { worker: 0, does: "qreg q; qres q; qres q elsewhere" },
      { worker: 1, does: "qreg q; qreg; qres" },
    ],
  },
  "an item of another worker lets a request go on": {
    config: [...TAKE, "queue_ready effective first", "queue_ready continue 0"],
    steps: [
      { worker: 0, does: "qreg q; remember; return 4", waits: true },
      { worker: 1, does: "qres q; qput 0 go", ready: 1 },
    ],
  },
  "an item of another worker answers a request": {
    config: [...TAKE, "queue_ready effective first", "queue_ready reply 403 no by_queue"],
    steps: [
      { worker: 0, does: "qreg q; remember; return 4", waits: true },
      { worker: 1, does: "qres q; qput 0 go", ready: 1 },
    ],
  },
  "a request lets another one of its VM go on": {
    steps: [
      { worker: 0, does: "remember; return 4", waits: true },
      { worker: 0, does: "effective first; continue 0; effective self; add 0 x-own 1" },
    ],
  },
  "an answer to another request of the VM holds the running one": {
    config: ["tick effective", "tick continue 0", "tick tick 0"],
    steps: [
      { worker: 0, does: "remember; return 4", waits: true },
      { worker: 0, does: "effective first; reply 403 no by_other; tick 50" },
    ],
  },
};
const NAMES = Object.keys(CASES);
const LIST = Object.values(CASES);
/** Cases of their own below: threads come in any order there. */
const RACE: Case = { steps: [] };
const CONFIGURED: Case = { config: ["configure qreg q", ...TAKE], steps: [] };
const CROWD: Case = {
  config: [
    "request_headers call 0 backend :method=GET,:path=/ask,:authority=a",
    "request_headers return 4",
    "http_call effective caller",
    "http_call get 0 x-number",
    "http_call continue 0",
  ],
  steps: [],
};
const ALL = [...LIST, RACE, CONFIGURED, CROWD];
const at = (one: Case): number => ALL.indexOf(one);

let wasm = "";
let gate: TwoWorkers;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  gate = await TwoWorkers.start(wasm, ALL);
}, 300_000);
afterAll(async () => await gate.stop());

describe("two workers hear the same in Envoy and in the harness", () => {
  test.each(NAMES.map((name, i) => [name, i] as const))("%s", { timeout: 60_000 }, async (_, i) => {
    const real = await gate.play(LIST[i]!, i);
    expect(await playInHarness(wasm, LIST[i]!)).toEqual(real);
  });
});

describe("two threads at once", () => {
  const TIMES = 2000;

  /** Adds on both workers until they met; answers how often they added. */
  async function addInEnvoy(): Promise<number> {
    const [one, other] = await gate.connections(at(RACE));
    await one.send("sset n 0 0");
    let rounds = 0;
    const raced = () => gate.lines(at(RACE)).some(({ text }) => text.endsWith(" done, raced"));
    while (rounds < 100 && !raced()) {
      const does = `sadd n ${TIMES}`;
      await Promise.all([one.send(does), other.send(does)]);
      rounds++;
    }
    expect(raced()).toBe(true);
    await one.send("sget n");
    one.close();
    other.close();
    return rounds * 2 * TIMES;
  }

  test("no update is lost, though a cas is refused", { timeout: 60_000 }, async () => {
    const sum = await addInEnvoy();
    expect(gate.count(at(RACE), `  sget n = 0 ${sum} cas`)).toBe(1);
  });

  test("the same in the harness, whose threads meet where a test says so", async () => {
    await using host = await harness(wasm, RACE);
    const send = async (does: string, worker: number) =>
      host.fetch("http://a.test/a", { headers: { "x-do": does }, worker }).settle();
    await send("sset n 0 0", 0);
    const overtake = () => host.sharedData.set("n", String(Number(host.sharedData.text("n")) + 1));
    host.inject.before("proxy_set_shared_data", overtake, 3, { worker: 1 });
    await send("sadd n 5", 0);
    await send("sadd n 5", 1);
    expect(host.logs.filter(({ text }) => text.endsWith(" raced")).map(({ text }) => text)).toEqual(
      ["  sadd n 5 = done, not raced", "  sadd n 5 = done, raced"],
    );
    expect(host.sharedData.text("n")).toBe("11");
  });

  test(
    "of all VMs that register in configure, one thread's hears",
    { timeout: 60_000 },
    async () => {
      const i = at(CONFIGURED);
      const [one, other] = await gate.connections(i);
      for (const connection of [one, other]) await connection.send("qput 0 item");
      while (gate.count(i, "queue_ready") < 2) await sleep(10);
      const heard = gate.lines(i).filter(({ text }) => text === "queue_ready");
      // That of whoever configured last, which is a race, and now and then the main thread.
      expect(new Set(heard.map(({ thread }) => thread)).size).toBe(1);
      one.close();
      other.close();

      await using host = await harness(wasm, CONFIGURED);
      for (const worker of [0, 1])
        await host.fetch("/a", { headers: { "x-do": "qput 0 item" }, worker }).settle();
      const vms = host.logs.filter(({ text }) => text === "queue_ready").map(({ vm }) => vm);
      expect(vms).toEqual(["worker1", "worker1"]);
    },
  );

  test(
    "forty requests under way, each goes on with its own answer",
    { timeout: 60_000 },
    async () => {
      const i = at(CROWD);
      const numbers = Array.from({ length: 40 }, (_, n) => n);
      const real = await gate.sendAll(i, numbers);
      await using host = await harness(wasm, CROWD);
      const answers = await Promise.all(
        numbers.map((n) =>
          host.fetch("/a", { headers: { "x-number": String(n) }, worker: n % 2 }).settle(),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(real.statuses);
      const own = (lines: readonly { text: string }[]) => lines.map(({ text }) => text).sort();
      expect(own(host.logs)).toEqual(own(gate.lines(i)));
      for (const n of numbers) expect(gate.count(i, `  get 0 x-number = 0 ${n}`)).toBe(1);
    },
  );
});
