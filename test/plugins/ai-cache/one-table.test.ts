import { redis, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  aiCache,
  CHAT,
  completion,
  gateway,
  higress,
  isHit,
  JSON_TYPE,
  question,
  textOf,
} from "./support.js";

// Rules whose Redis keys lie apart, before them one table of the gateway: nobody gets an answer there
// that Redis does not have under a key of his own.

const AT = { serviceName: "redis.dns", l1: {} };
const HTTP = { type: "redis-http", cluster: "rest", serviceHost: "rest.test", l1: {} };
const NO_PARTITION = { cacheKeyPartition: [] };

type Parts = [what: string, first: object, second: object];

/** One rule for each of two hosts. */
const rulesOf = (first: object, second: object) => ({
  _rules_: [
    { _match_domain_: ["first.test"], ...first },
    { _match_domain_: ["second.test"], ...second },
  ],
});

/** A model that numbers its answers. */
function numbering() {
  let count = 0;
  return upstream().handle(() => ({
    status: 200,
    headers: JSON_TYPE,
    body: completion(`answer ${++count}`),
  }));
}

type Gateway = Awaited<ReturnType<typeof gateway>>;

/** The answer that a host's clients get, and whether the cache gave it. */
async function ask(host: Gateway, name: string): Promise<[text: string, isHit: boolean]> {
  const init = { method: "POST", headers: JSON_TYPE, body: question("q") };
  const reply = await host.fetch(`http://${name}.test${CHAT}`, init).settle();
  return [textOf(reply), isHit(reply)];
}

describe("Redis as Higress has it", () => {
  const REDIS = { type: "redis", ...AT };

  test.each<Parts>([
    [
      "first generation's prefix, beside redis",
      { redis: AT, cacheKeyPrefix: "a:" },
      { redis: AT, cacheKeyPrefix: "b:" },
    ],
    [
      "the prefix of the block",
      { cache: { ...REDIS, cacheKeyPrefix: "a:" } },
      { cache: { ...REDIS, cacheKeyPrefix: "b:" } },
    ],
    ["the database", { cache: REDIS }, { cache: { ...REDIS, database: 1 } }],
    ["raw and hashed keys", { cache: REDIS }, { cache: REDIS, hashKey: true }],
    [
      "the port, where the first generation meant another by 0",
      { redis: { ...AT, servicePort: 0 } },
      { cache: { ...REDIS, servicePort: 0 } },
    ],
    [
      "the user",
      { cache: { ...REDIS, username: "a", password: "p" } },
      { cache: { ...REDIS, username: "b", password: "p" } },
    ],
  ])("%s", async (_what, first, second) => {
    const port0 = redis();
    const options = { clusters: { "outbound|0||redis.dns": port0 } };
    const { host, redis: server } = await higress(rulesOf(first, second), options);
    const gets = () =>
      [server, port0].flatMap(({ commands }) => commands.filter(([name]) => name === "get")).length;
    // In each rule: what Redis is asked for once is in the table then.
    for (const [name, count] of [
      ["first", 1],
      ["second", 2],
      ["first", 2],
      ["second", 2],
    ] as const) {
      await ask(host, name);
      expect([name, gets()]).toEqual([name, count]);
    }
    await host.close();
  });

  test("the first generation's prefixes: the answer of one rule is not given by the other", async () => {
    const rules = rulesOf({ redis: AT, cacheKeyPrefix: "a:" }, { redis: AT, cacheKeyPrefix: "b:" });
    const { host, redis } = await higress(rules, { clusters: { backend: numbering() } });
    expect(await ask(host, "first")).toEqual(["answer 1", false]);
    expect(await ask(host, "second")).toEqual(["answer 2", false]);
    expect(await ask(host, "first")).toEqual(["answer 1", true]);
    expect(redis.commands.map(([name, key]) => `${name} ${key}`)).toEqual([
      "get a:q",
      "set a:q",
      "get b:q",
      "set b:q",
    ]);
    await host.close();
  });

  test("rules with the same keys share what is there", async () => {
    const part = { cache: { ...REDIS, cacheKeyPrefix: "a:" } };
    const legacy = { redis: AT, cacheKeyPrefix: "a:" };
    const { host, redis } = await higress(rulesOf(part, legacy));
    await ask(host, "first");
    expect(await ask(host, "second")).toEqual(["Hello", true]);
    expect(redis.commands.map(([name]) => name)).toEqual(["get", "set"]);
    await host.close();
  });
});

describe("Redis over HTTP", () => {
  test.each<Parts>([
    ["the token", { cache: { ...HTTP, token: "a" } }, { cache: { ...HTTP, token: "b" } }],
    [
      "the user",
      { cache: { ...HTTP, username: "a", password: "p" } },
      { cache: { ...HTTP, username: "b", password: "p" } },
    ],
    ["the host", { cache: HTTP }, { cache: { ...HTTP, serviceHost: "other.test" } }],
    ["the path", { cache: HTTP }, { cache: { ...HTTP, pathPrefix: "/other" } }],
    [
      "the database",
      { cache: { ...HTTP, dialect: "webdis" } },
      { cache: { ...HTTP, dialect: "webdis", database: 1 } },
    ],
  ])("%s", async (_what, first, second) => {
    const asked: string[] = [];
    const rest = upstream().handle(({ method, path, authority, headers, body }) => {
      const credentials = headers.find(([name]) => name === "authorization")?.[1] ?? "-";
      asked.push([method, authority, path, credentials, body].join(" "));
      return { status: 200, headers: JSON_TYPE, body: '{"result":null}' };
    });
    const config = rulesOf({ ...first, ...NO_PARTITION }, { ...second, ...NO_PARTITION });
    const host = await gateway(config, {
      plugins: [aiCache(config)],
      clusters: { backend: numbering(), rest },
    });
    expect(await ask(host, "first")).toEqual(["answer 1", false]);
    expect(await ask(host, "second")).toEqual(["answer 2", false]);
    expect(await ask(host, "first")).toEqual(["answer 1", true]);
    expect(await ask(host, "second")).toEqual(["answer 2", true]);
    // They would have asked for it differently: that is what keeps them apart.
    expect(new Set(asked).size).toBe(4);
    await host.close();
  });
});
