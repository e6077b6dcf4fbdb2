import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Host } from "proxy-wasm-test";
import { askRedis } from "../../support/ask-redis.js";
import { ask, DRIVERS, PASSWORD, Servers, START, type Reply } from "./stores.js";

// A balance that is missing begins with its grant inside of the one step that takes from it, and what
// an administrator sets is not mixed with what was taken before.

const KEEP = 7200;
const granted = (key: string, grant = 100) => ({
  key: `{g}${key}`,
  grant,
  keep: KEEP,
  ends: START + KEEP * 1000,
});

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterAll(() => servers.stop());

const inRedis = (...words: string[]) => askRedis(servers.redis.url, PASSWORD, words);
beforeEach(async () => void (await inRedis("flushall")));

async function answerTo(host: Host, question: object): Promise<Reply> {
  const reply: Reply & { integer?: number } = await ask(host, question);
  delete reply.integer;
  return reply;
}

const take = (host: Host, as: string, balances: object[], tokens: number, more = {}) =>
  answerTo(host, { op: "take", as, balances, tokens, ...more });
const spend = (host: Host, as: string, tokens: number) => ask(host, { op: "spend", as, tokens });
const left = (host: Host, key: string) => answerTo(host, { op: "get", key: `{g}${key}` });

describe.each(DRIVERS)("%s", (driver) => {
  test("a grant begins with the reservation, and its end is that of the grant", async () => {
    await using host = await servers.open(driver);
    expect(await take(host, "r", [granted("a")], 30)).toEqual({ value: "70" });
    if (driver !== "shared") {
      expect(await inRedis("ttl", "{g}a")).toBe(KEEP);
      expect(await inRedis("ttl", "{g}a:\nr")).toBe(KEEP);
    }
    await spend(host, "r", 10);
    expect(await left(host, "a")).toEqual({ value: "90" });
  });

  test("of several that let it in, the answer is the smallest", async () => {
    await using host = await servers.open(driver);
    const both = [granted("a", 100), granted("b", 40)];
    expect(await take(host, "r", both, 30)).toEqual({ value: "10" });
    expect(await take(host, "s", both.reverse(), 5)).toEqual({ value: "5" });
    expect(await left(host, "a")).toEqual({ value: "65" });
  });

  test("a grant without an end stays", async () => {
    await using host = await servers.open(driver);
    await take(host, "r", [{ key: "{g}a", grant: 100 }], 30);
    if (driver !== "shared") expect(await inRedis("ttl", "{g}a")).toBe(-1);
    await host.clock.advance(400 * 86_400_000);
    await spend(host, "r", 30);
    expect(await left(host, "a")).toEqual({ value: "70" });
  });

  test("a balance that is there keeps its amount and its end", async () => {
    await using host = await servers.open(driver);
    await ask(host, { op: "set", key: "{g}a", value: "50", ttl: 5000 });
    expect(await take(host, "r", [granted("a")], 30)).toEqual({ value: "20" });
    if (driver !== "shared") expect(await inRedis("ttl", "{g}a")).toBe(5000);
  });

  test("one that was used up does not begin anew", async () => {
    await using host = await servers.open(driver);
    await ask(host, { op: "set", key: "{g}a", value: "0" });
    expect(await take(host, "r", [granted("a")], 1)).toEqual({ value: "0", denied: 0 });
    await ask(host, { op: "set", key: "{g}a", value: "-7" });
    expect(await take(host, "s", [granted("a")], 1)).toEqual({ value: "-7", denied: 0 });
  });

  test.each([
    ["another balance denies", [granted("a"), { key: "{g}none" }], 1, { null: true, denied: 1 }],
    ["it is too small", [granted("a", 10)], 11, { value: "10", denied: 0 }],
    ["a later one is too small", [granted("a"), granted("b", 5)], 7, { value: "5", denied: 1 }],
  ])("nothing begins when %s", async (_why, balances, tokens, answer) => {
    await using host = await servers.open(driver);
    expect(await take(host, "r", balances, tokens, { strict: true })).toEqual(answer);
    expect(await left(host, "a")).toEqual({ null: true });
    expect(await left(host, "b")).toEqual({ null: true });
    expect(await inRedis("keys", "*")).toEqual([]);
    await spend(host, "r", 3);
    expect(await left(host, "a")).toEqual({ null: true });
  });

  test("an estimate of nothing begins one all the same: what is spent has to be taken", async () => {
    await using host = await servers.open(driver);
    expect(await take(host, "r", [granted("a")], 0)).toEqual({ value: "100" });
    await spend(host, "r", 25);
    expect(await left(host, "a")).toEqual({ value: "75" });
  });

  test("of many at once the first begins it, and all take from it", async () => {
    await using host = await servers.open(driver);
    const all = Array.from({ length: 8 }, (_, i) => take(host, `r${i}`, [granted("a")], 20));
    const values = (await Promise.all(all)).map(({ denied, value }) => denied ?? Number(value));
    // Above 0 is enough, so the last one takes more than there is.
    expect(values.sort((x, y) => y - x)).toEqual([80, 60, 40, 20, 0, 0, 0, 0]);
  });

  test("what was taken in a period that is over is no matter of the next one", async () => {
    await using host = await servers.open(driver);
    const first = driver === "shared" ? granted("a") : granted("a:1");
    await take(host, "r", [first], 30, { heal: 10 * KEEP });
    await take(host, "lost", [first], 20, { heal: KEEP + 100 });
    await host.clock.advance(KEEP * 1000 + 1);
    const ends = START + 2 * KEEP * 1000;
    const second = { ...(driver === "shared" ? first : granted("a:2")), ends };
    expect(await take(host, "s", [second], 1)).toEqual({ value: "99" });
    await host.clock.advance(200_000);
    await spend(host, "r", 90);
    expect(await take(host, "t", [second], 1)).toEqual({ value: "98" });
  });

  test("of hundreds of reservations each is settled, and the lost ones come back", async () => {
    await using host = await servers.open(driver);
    const balances = [granted("a", 100_000)];
    for (let i = 0; i < 150; i++) await take(host, `r${i}`, balances, 10 + (i % 7), { heal: 60 });
    for (let i = 149; i >= 0; i -= 2) await spend(host, `r${i}`, 1);
    const lost = Array.from({ length: 75 }, (_, i) => 10 + ((2 * i) % 7));
    const taken = 75 + lost.reduce((sum, tokens) => sum + tokens, 0);
    expect(await left(host, "a")).toEqual({ value: `${100_000 - taken}` });
    await host.clock.advance(61_000);
    expect(await take(host, "last", balances, 5)).toEqual({ value: `${100_000 - 75 - 5}` });
    // Who comes back after all that is charged as a whole.
    await spend(host, "r0", 4);
    await spend(host, "last", 3);
    expect(await left(host, "a")).toEqual({ value: `${100_000 - 75 - 4 - 3}` });
  });

  test("a balance may be called as what is written down beside another", async () => {
    await using host = await servers.open(driver);
    await take(host, "r", [granted("a")], 30);
    expect(await take(host, "s", [granted("a:r")], 20)).toEqual({ value: "80" });
    await spend(host, "r", 10);
    await spend(host, "s", 20);
    expect(await take(host, "t", [granted("a")], 1)).toEqual({ value: "89" });
  });

  test("requests that run when a balance is set are charged as a whole", async () => {
    await using host = await servers.open(driver);
    const balances = [granted("a")];
    await take(host, "r", balances, 60);
    await ask(host, { op: "refill", balances, tokens: 500 });
    expect(await left(host, "a")).toEqual({ value: "500" });
    await spend(host, "r", 10);
    expect(await left(host, "a")).toEqual({ value: "490" });
    if (driver !== "shared") expect(await inRedis("ttl", "{g}a")).toBe(KEEP);
    expect(await inRedis("exists", "{g}a:\nr")).toBe(0);
  });

  test("requests that run when a balance is removed take nothing from the next, or all", async () => {
    await using host = await servers.open(driver);
    const balances = [granted("a")];
    await take(host, "r", balances, 60);
    await take(host, "s", balances, 20);
    await ask(host, { op: "forget", balances });
    expect(await left(host, "a")).toEqual({ null: true });
    await spend(host, "r", 10);
    expect(await left(host, "a")).toEqual({ null: true });
    expect(await ask(host, { op: "plus", balances, tokens: 5 })).toMatchObject({ value: "105" });
    await spend(host, "s", 15);
    expect(await left(host, "a")).toEqual({ value: "90" });
    await ask(host, { op: "forget", balances: [granted("none")] });
  });
});

test.each(["upstash", "webdis"] as const)(
  "%s: a reservation that arrives twice takes once",
  async (driver) => {
    await using host = await servers.open(driver);
    servers[driver].commands.length = 0;
    await take(host, "r", [granted("a"), granted("b", 50)], 30);
    const words = servers[driver].commands[0]!;
    expect(await inRedis(...words)).toEqual(driver === "webdis" ? "[0,[70,20]]" : [0, [70, 20]]);
    await spend(host, "r", 10);
    expect(await left(host, "a")).toEqual({ value: "90" });
    expect(await left(host, "b")).toEqual({ value: "40" });
  },
);

describe("one round trip", () => {
  test.each(["upstash", "webdis"] as const)("%s: a script, and nothing else", async (driver) => {
    await using host = await servers.open(driver);
    servers[driver].commands.length = 0;
    await take(host, "r", [granted("a"), granted("b", 7)], 3);
    const [words, ...more] = servers[driver].commands;
    expect(more).toEqual([]);
    expect([words?.[0], ...(words?.slice(2, 7) ?? [])]).toEqual([
      "eval",
      "4",
      "{g}a",
      "{g}a:\nr",
      "{g}b",
      "{g}b:\nr",
    ]);
    expect(words?.slice(12)).toEqual(["100", String(KEEP), "7", String(KEEP)]);
  });
});
