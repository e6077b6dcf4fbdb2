import { upstream, type Host, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { DATABASE_DIALECTS } from "../../support/vectors/databases.js";
import { BUILDS, SemanticGateway } from "./semantic-gateway.js";
import {
  ask,
  begin,
  completion,
  gateway,
  gatewayOn,
  higress,
  isHit,
  JSON_TYPE,
  PEER,
  question,
  REDIS_CLUSTER,
  textOf,
} from "./support.js";

// What a client may ask of the cache (`requestCacheControl`), and what is left of older answers then.

const control = (value: string) => ({ headers: { "cache-control": value } });
const ASKED = "How tall is Mount Everest?";
const AGAIN = "How tall is the Mount Everest ?";
const obeys = { requestCacheControl: true };

describe.each(BUILDS)("neighbours on %s", (build) => {
  test.each(["no-cache", "max-age=0"])(
    "%s: the fresh answer takes the place of the old",
    async (value) => {
      const gateway = await SemanticGateway.open(build, { more: obeys });
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      expect(await gateway.ask(ASKED, control(value))).toBe("answer 2");
      expect(await gateway.ask(AGAIN)).toBe("answer 2");
      expect(gateway.index.size).toBe(1);
      expect(gateway.vectors.requests).toHaveLength(4);
    },
  );

  test("no-cache without anything stored stores", async () => {
    const gateway = await SemanticGateway.open(build, { more: obeys });
    expect(await gateway.ask(ASKED, control("no-cache"))).toBe("answer 1");
    expect(await gateway.ask(AGAIN)).toBe("answer 1");
  });

  test("no-cache, and the vectors are not used: nobody embeds", async () => {
    const more = { ...obeys, cache: { type: "memory" } };
    const gateway = await SemanticGateway.open(build, { more });
    await gateway.ask(ASKED, control("no-cache"));
    expect(gateway.embedding.requests).toHaveLength(0);
    expect(await gateway.ask(ASKED)).toBe("answer 1");
  });

  test("max-age holds for neighbours, and for what they left in the exact cache", async () => {
    const cache = { type: "memory", cacheTTL: 1000 };
    const more = { ...obeys, cache, enableSemanticCache: true };
    const gateway = await SemanticGateway.open(build, { more });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    await gateway.host.clock.advance(100_000);
    expect(await gateway.ask(AGAIN, control("max-age=200"))).toBe("answer 1");
    expect(await gateway.ask(AGAIN, control("max-age=200"))).toBe("answer 1");
    expect(await gateway.ask(AGAIN, control("max-age=50"))).toBe("answer 2");
    expect(await gateway.ask(AGAIN, control("max-age=50"))).toBe("answer 2");
  });

  test("max-age and an exact answer that is too old: the fresh one takes its neighbour's place, too", async () => {
    const cache = { type: "memory", cacheTTL: 1000 };
    const more = { ...obeys, cache, enableSemanticCache: true };
    const gateway = await SemanticGateway.open(build, { more });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    await gateway.host.clock.advance(100_000);
    // The neighbour that is found is the old answer itself.
    expect(await gateway.ask(ASKED, control("max-age=50"))).toBe("answer 2");
    expect(gateway.index.size).toBe(1);
    expect(await gateway.ask(ASKED)).toBe("answer 2");
    expect(await gateway.ask(AGAIN)).toBe("answer 2");
  });

  test("max-age takes no neighbour whose age is unknown", async () => {
    const gateway = await SemanticGateway.open(build, { more: obeys });
    expect(await gateway.ask(ASKED)).toBe("answer 1");
    expect(await gateway.ask(AGAIN, control("max-age=999999"))).toBe("answer 2");
  });
});

describe.each(BUILDS)("databases on %s", (build) => {
  describe.each(DATABASE_DIALECTS)("$name", (database) => {
    const isMilvus = database.name === "milvus";

    test.each(["no-cache", "max-age=0"])("%s", async (value) => {
      const gateway = await SemanticGateway.open(build, { database, more: obeys });
      for (const expected of ["answer 1", "answer 2", "answer 3"]) {
        expect(await gateway.ask(ASKED, control(value))).toBe(expected);
        // Milvus has ids of its own: the old entry stays, and which of the two is found is its affair.
        if (!isMilvus) expect(await gateway.ask(AGAIN)).toBe(expected);
      }
      expect(gateway.index.size).toBe(isMilvus ? 3 : 1);
      expect(gateway.refusals).toEqual([]);
    });

    test("max-age", async () => {
      // Milvus has to know the field.
      const vector = { partitionMode: isMilvus ? "filter" : "prefix" };
      const cache = { type: "memory", cacheTTL: 1000 };
      const more = { ...obeys, cache, enableSemanticCache: true };
      const gateway = await SemanticGateway.open(build, { database, vector, more });
      expect(await gateway.ask(ASKED)).toBe("answer 1");
      await gateway.host.clock.advance(100_000);
      expect(await gateway.ask(AGAIN, control("max-age=200"))).toBe("answer 1");
      expect(await gateway.ask(AGAIN, control("max-age=50"))).toBe("answer 2");
      expect(gateway.refusals).toEqual([]);
    });
  });

  test("Milvus, where entries know their age: a fresh answer takes away the older ones of its question", async () => {
    const database = DATABASE_DIALECTS.find(({ name }) => name === "milvus");
    const cache = { type: "memory", cacheTTL: 1000 };
    const more = { ...obeys, cache, enableSemanticCache: true };
    const vector = { partitionMode: "filter" };
    const gateway = await SemanticGateway.open(build, { database, vector, more });
    for (const expected of ["answer 1", "answer 2", "answer 3"]) {
      expect(await gateway.ask(ASKED, control("no-cache"))).toBe(expected);
      expect(await gateway.ask(AGAIN, control("max-age=1"))).toBe(expected);
      expect(gateway.index.size).toBe(1);
      await gateway.host.clock.advance(2000);
    }
    expect(gateway.refusals).toEqual([]);
  });
});

/** A model that says first one thing, then another. */
const changing = (...answers: string[]) =>
  answers.reduce(
    (model, text) => model.reply(200, { headers: JSON_TYPE, body: completion(text) }),
    upstream(),
  );

const fresh = { "cache-control": "no-cache" };
const LONG = "a longer answer than the table takes";

async function afterRefresh(host: Host): Promise<string[]> {
  const texts = [];
  for (const headers of [{}, {}, fresh, {}])
    texts.push(textOf(await ask(host, question("q"), headers)));
  return texts;
}

test("a fresh answer that is too long for the table leaves no old one there", async () => {
  const backend = changing("old", LONG, "third");
  const cache = { type: "memory", memory: { maxEntryBytes: 10 } };
  const host = await gateway({ cache, ...obeys }, { clusters: { backend } });
  expect(await afterRefresh(host)).toEqual(["old", "old", LONG, "third"]);
  expect(host.metrics.all["ai_cache_memory_entries"]).toBe(1);
  await host.close();
});

test("nor in the table in front of Redis", async () => {
  const backend = changing("old", LONG);
  const cache = { ...PEER.cache, l1: { maxEntryBytes: 10 } };
  const { host } = await higress({ cache, ...obeys }, { clusters: { backend } });
  expect(await afterRefresh(host)).toEqual(["old", "old", LONG, LONG]);
  await host.close();
});

describe("an answer that is too old for all who ask", () => {
  const asked = (host: Host) => (host.clusters["backend"] as Upstream).requests.length;
  const aged = { "cache-control": "max-age=50" };
  const single = { ...obeys, singleFlight: { maxWaitMs: 5000 } };
  /** A model that says "old" at once, then "new" after a second. */
  const twice = () => {
    let count = 0;
    const body = () => completion(count++ === 0 ? "old" : "new");
    return upstream()
      .after(1000)
      .handle(() => ({ status: 200, headers: JSON_TYPE, body: body() }));
  };
  const together = async (host: Host, clients: number) => {
    const streams = [];
    for (let i = 0; i < clients; i++) streams.push(await begin(host, question("q"), aged));
    await host.clock.advance(10_000);
    return await Promise.all(streams.map((stream) => stream.response()));
  };

  test("one of them asks the model, the others wait", async () => {
    const host = await gateway(
      { cache: { type: "memory" }, ...single },
      { clusters: { backend: twice() } },
    );
    await ask(host, question("q"));
    await host.clock.advance(100_000);
    const replies = await together(host, 50);
    expect(new Set(replies.map(textOf))).toEqual(new Set(["new"]));
    expect(asked(host)).toBe(2);
    await host.close();
  });

  test("with plain texts in Redis, which do not say their age, nobody waits for nothing", async () => {
    const { host } = await higress({ ...PEER, ...single }, { clusters: { backend: twice() } });
    await ask(host, question("q"));
    const from = host.clock.now;
    const streams = [
      await begin(host, question("q"), aged),
      await begin(host, question("q"), aged),
    ];
    await host.clock.advance(1500);
    for (const stream of streams) expect(textOf(await stream.response())).toBe("new");
    expect(host.clock.now - from).toBeLessThan(2000);
    expect(host.metrics.all["ai_cache_coalesced"] ?? 0).toBe(0);
    await host.close();
  });

  test("in the table in front of Redis: Redis may have a younger one", async () => {
    const cache = { ...PEER.cache, l1: { ttl: 1000 } };
    const config = { cache, ...obeys, replay: "structured" };
    const backend = changing("old", "of another gateway", "third");
    const { host, redis } = await higress(config, { clusters: { backend } });
    await ask(host, question("q"));
    await host.clock.advance(100_000);
    const other = await higress(
      { ...PEER, ...obeys, replay: "structured" },
      { startTime: host.clock.now, clusters: { backend, [REDIS_CLUSTER]: redis } },
    );
    await ask(other.host, question("q"), fresh);
    expect(textOf(await ask(host, question("q")))).toBe("old");
    for (let i = 0; i < 2; i++) {
      const reply = await ask(host, question("q"), aged);
      expect([isHit(reply), textOf(reply)]).toEqual([true, "of another gateway"]);
    }
    await other.host.close();
    await host.close();
  });
});

describe.each(BUILDS)("on %s", (build) => {
  test.each(["2147483647", "9223372036854776", "9223372036854775807", "99999999999999999999"])(
    "max-age=%s is any age",
    async (seconds) => {
      const host = await gatewayOn(build, { cache: { type: "memory" }, ...obeys });
      await ask(host, question("q"));
      const headers = { "cache-control": `max-age=${seconds}` };
      expect(isHit(await ask(host, question("q"), headers))).toBe(true);
      await host.close();
    },
  );

  test("only-if-cached is ignored, as are words that nobody knows", async () => {
    const host = await gatewayOn(build, { cache: { type: "memory" }, ...obeys });
    const headers = { "cache-control": "only-if-cached, max-stale=5, x" };
    expect(textOf(await ask(host, question("q"), headers))).toBe("Hello");
    expect(isHit(await ask(host, question("q"), headers))).toBe(true);
    await host.close();
  });

  test.each([
    ["max-age=5, max-age=99999", false],
    ["max-age=99999, max-age=5", false],
    ['max-age="5"', false],
    ['max-age="99999"', true],
    [`max-age=${"9".repeat(40)}`, true],
    [`max-age=5, max-age=${"9".repeat(40)}`, false],
    ["max-age=", true],
    ["max-age=-1", true],
    ['max-age="0"', false],
  ])("%s: the strictest demand counts, however it is written", async (value, hit) => {
    const host = await gatewayOn(build, { cache: { type: "memory" }, ...obeys });
    await ask(host, question("q"));
    await host.clock.advance(60_000);
    expect(isHit(await ask(host, question("q"), { "cache-control": value }))).toBe(hit);
    await host.close();
  });
});
