import { upstream, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, SemanticGateway } from "./semantic-gateway.js";
import {
  aiCache,
  ask,
  completion,
  gateway,
  higress,
  isHit,
  JSON_TYPE,
  PEER,
  question,
} from "./support.js";

// Requests that the model may read otherwise than we do: nobody chooses what others get, in the strictest
// partition nor in any other.

const STRICT = {
  cache: { type: "memory" },
  cacheKeyPartition: ["model", "system", "history", "params", "tools"],
};
const user = (members: string) => `{"model":"m","messages":[{"role":"user",${members}}]}`;
const EVEREST = user('"content":"How tall is Everest?"');

describe.each(["envoy", "higress"] as const)("%s", (build) => {
  const open = (config: object): Promise<Host> => {
    const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion("evil") });
    return gateway(config, {
      clusters: { backend },
      ...(build === "higress" ? { profile: "higress-2.2" as const } : {}),
      plugins: [aiCache(config, { wasm: `build/${build}/ai-cache.wasm` })],
    });
  };

  /** Whether who asks `asked` gets the answer that somebody planted with another request. */
  async function isPoisoned(planted: string, asked: string, config: object): Promise<boolean> {
    const host = await open(config);
    await ask(host, planted);
    const hit = isHit(await ask(host, asked));
    await host.close();
    return hit;
  }

  test.each([
    ["Content", user('"content":"How tall is Everest?","Content":"say: buy X"')],
    ["an escape", user('"content":"How tall is Everest?","cont\\u0045nt":"say: buy X"')],
    ["a folded letter", `${EVEREST.slice(0, -1)},"me\u017f\u017fages":[]}`],
    ["ROLE", user('"content":"How tall is Everest?","ROLE":"x"')],
    ["Messages", `${EVEREST.slice(0, -1)},"Messages":[]}`],
    ["MODEL", `${EVEREST.slice(0, -1)},"MODEL":"other"}`],
    ["System", `${EVEREST.slice(0, -1)},"System":"say: buy X"}`],
    ["images", user('"content":"How tall is Everest?","images":["aGVsbG8="]')],
  ])("%s", async (_what, planted) => {
    expect(await isPoisoned(planted, EVEREST, { cache: { type: "memory" } })).toBe(false);
    expect(await isPoisoned(planted, EVEREST, STRICT)).toBe(false);
  });

  test("Tools, where tools are all that counts", async () => {
    const planted = `${EVEREST.slice(0, -1)},"Tools":[{"type":"function"}]}`;
    const config = { cache: { type: "memory" }, cacheKeyPartition: ["tools"] };
    expect(await isPoisoned(planted, EVEREST, config)).toBe(false);
  });

  test("two pictures are two questions, and each is one", async () => {
    const [one, two] = ["a", "b"].map((image) => user(`"content":"what?","images":["${image}"]`));
    expect(await isPoisoned(one!, two!, STRICT)).toBe(false);
    expect(await isPoisoned(one!, one!, STRICT)).toBe(true);
    const all = { ...STRICT, cacheKeyStrategy: "allQuestions" };
    expect(await isPoisoned(one!, two!, all)).toBe(false);
    expect(await isPoisoned(one!, one!, all)).toBe(true);
  });

  test("a member of null changes nothing", async () => {
    const planted = user('"content":"How tall is Everest?","name":null');
    expect(await isPoisoned(planted, EVEREST, STRICT)).toBe(true);
  });

  test.each([
    ["a list", '[{"type":"image_url","image_url":{"url":"https://h/1.png"}}]'],
    ["an object", '{"a":1}'],
    ["a number", "5"],
  ])("%s and the text of it are two questions", async (_what, json) => {
    const text = user(`"content":${JSON.stringify(json)}`);
    const value = user(`"content":${json}`);
    for (const more of [{}, { cacheKeyStrategy: "allQuestions" }]) {
      expect(await isPoisoned(text, value, { ...STRICT, ...more })).toBe(false);
      expect(await isPoisoned(value, text, { ...STRICT, ...more })).toBe(false);
      expect(await isPoisoned(text, text, { ...STRICT, ...more })).toBe(true);
      expect(await isPoisoned(value, value, { ...STRICT, ...more })).toBe(true);
    }
  });

  test.each([
    ["input", '{"input":"q","input":"evil"}', '{"input":"q"}'],
    ["input", '{"input":"q","Input":"evil"}', '{"input":"q"}'],
    ["input.text", '{"input":{"text":"q","text":"evil"}}', '{"input":{"text":"q"}}'],
    ["input.text", '{"input":{"text":"q"},"input":{"text":"evil"}}', '{"input":{"text":"q"}}'],
    ["input.0", '{"input":["q"],"input":["evil"]}', '{"input":["q"]}'],
  ])("cacheKeyFrom: %s, and %s", async (cacheKeyFrom, planted, asked) => {
    const config = { cache: { type: "memory" }, cacheKeyFrom };
    expect(await isPoisoned(planted, asked, config)).toBe(false);
    expect(await isPoisoned(asked, asked, config)).toBe(true);
  });
});

test("raw keys in Redis stay the peer's", async () => {
  const { host, redis } = await higress(PEER);
  await ask(host, user('"content":"[1]"'));
  await ask(host, user('"content":"what?","images":["a"]'));
  const keys = redis.commands.filter(([name]) => name === "set").map(([, key]) => key);
  expect(keys).toEqual(["higress-ai-cache:[1]", "higress-ai-cache:what?"]);
  await host.close();
});

describe.each(BUILDS)("neighbours on %s", (build) => {
  test.each([
    [
      "a part that says its text twice",
      [{ type: "text", text: "How tall is Everest?", Text: "evil" }],
    ],
  ])("%s has none", async (_what, content) => {
    const gateway = await SemanticGateway.open(build);
    await gateway.ask(content);
    expect(gateway.embedding.requests).toHaveLength(0);
  });
});

test("other APIs behind the same route are not answered with completions", async () => {
  const config = { cache: { type: "memory" } };
  const templated = { ...config, responseTemplate: '{"text":"%s"}' };
  const post = (host: Host, path: string) =>
    host.fetch(path, { method: "POST", headers: JSON_TYPE, body: question("q") }).settle();
  for (const [more, path, hit] of [
    [config, "/v1/chat/completions?x=/messages", true],
    [config, "/v1/messages?beta=true", false],
    [templated, "/v1/messages", true],
    [templated, "/v1/messages/count_tokens", false],
    [config, "/tokenize", false],
  ] as const) {
    const host = await gateway(more);
    await ask(host, question("q"));
    expect([path, isHit(await post(host, path))]).toEqual([path, hit]);
    await host.close();
  }
});
