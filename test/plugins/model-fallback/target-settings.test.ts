import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, chain, exposed, header, metrics, sent } from "./replay-chain.js";

// What targets and chains can be told, setting by setting: what they are sent, and when they are asked.

/** A native chain of one target. */
const alone = (target: Record<string, Json>, more = {}) =>
  nativeChain({
    models: { a: well("a") },
    config: { targets: [{ name: "a", ...target }] },
    ...more,
  });

describe("auth", () => {
  test("type query: the key stands in the path, in place of the client's", async () => {
    const auth = { type: "query", query: "key", apiTokens: ["s&1"] };
    const { ask, models } = await alone({ auth });
    for (const [path, wanted] of [
      ["/v1/chat/completions", "/v1/chat/completions?key=s&1"],
      ["/v1/chat/completions?key=mine&a=b", "/v1/chat/completions?a=b&key=s&1"],
    ]) {
      await ask({ path });
      expect(header(models["a"]!, ":path")).toBe(wanted);
      expect(header(models["a"]!, "authorization")).toBeNull();
    }
  });

  test("of several keys one at random", async () => {
    const apiTokens = ["k1", "k2", "k3"];
    const { ask, models } = await alone({ auth: { apiTokens } });
    const seen = new Set<string | Uint8Array | null>();
    for (let i = 0; i < 60; i++) {
      await ask();
      seen.add(header(models["a"]!, "authorization"));
    }
    expect(seen).toEqual(new Set(apiTokens.map((key) => `Bearer ${key}`)));
  });

  test("keys of the environment come to those that are written down", async () => {
    const env = { KEY_OF_A: "of-env" };
    const { ask, models } = await alone({ auth: { apiTokensFromEnv: ["KEY_OF_A"] } }, { env });
    await ask();
    expect(header(models["a"]!, "authorization")).toBe("Bearer of-env");
    const auth = { apiTokens: ["k"], apiTokensFromEnv: "KEY_OF_A" };
    const both = await alone({ auth }, { env });
    const seen = new Set<string | Uint8Array | null>();
    for (let i = 0; i < 40; i++) {
      await both.ask();
      seen.add(header(both.models["a"]!, "authorization"));
    }
    expect(seen).toEqual(new Set(["Bearer k", "Bearer of-env"]));
  });
});

test("protocol raw: the body goes as it came, the head does not", async () => {
  const target = {
    protocol: "raw",
    model: "other",
    host: "raw.test",
    body: { remove: ["max_tokens"] },
  };
  const { ask, models } = await alone(target);
  const answer = await ask();
  expect(sent(models["a"]!)).toEqual(BODY);
  expect(answer.headers.get("x-llm-model")).toBe(BODY.model);
  expect([header(models["a"]!, ":authority"), header(models["a"]!, "authorization")]).toEqual([
    "raw.test",
    null,
  ]);
});

test("modelMapping: the exact name, the longest prefix, the first expression, the rest", async () => {
  const modelMapping = {
    "*": "rest",
    "~^o[0-9]": "reasoning",
    "~mini": "small",
    "gpt-*": "short",
    "gpt-4*": "long",
    "gpt-4o": "exact",
    "kept*": "",
  };
  const { ask, models } = await alone({ modelMapping });
  for (const [model, wanted] of [
    ["gpt-4o", "exact"],
    ["gpt-4-mini", "long"],
    ["gpt-3-mini", "short"],
    ["o3-mini", "reasoning-mini"],
    ["phi-mini", "phi-small"],
    ["kept-mini", "kept-mini"],
    ["llama", "rest"],
  ]) {
    const answer = await ask({ body: { ...BODY, model } });
    expect([model, sent(models["a"]!).model]).toEqual([model, wanted]);
    expect(answer.headers.get("x-llm-model")).toBe(wanted);
  }
});

// What Go's `ReplaceAllString` makes of it (model-fallback.md 1.2.3).
test.each<[pattern: string, target: string, model: string, wanted: string]>([
  ["^gpt-(.*)$", "openai/gpt-$1", "gpt-4o", "openai/gpt-4o"],
  ["^(?P<base>[a-z0-9]+)[:@](\\d+b)$", "${base}-$2-chat", "qwen3:8b", "qwen3-8b-chat"],
  ["gpt", "GPT", "my-gpt-gpt-4", "my-GPT-GPT-4"],
  ["(a)(x)?", "<$1$2>", "abab", "<a>b<a>b"],
  ["-(mini)", "_$1_$$", "gpt-mini", "gpt_$"],
  ["-(mini)", "_${1}_$$", "gpt-mini", "gpt_mini_$"],
  ["(\\d)", "$3$1$1", "o3", "o33"],
  ["^.*/", "", "kept/x", "kept/x"],
  ["^.*$", "$1", "kept", "kept"],
  ["x*", "-", "ab", "-a-b-"],
  ["模(.)", "$1号", "大模型", "大型号"],
  ["nothing", "$1", "other", "rest"],
  ["l", "1", "l".repeat(512), "1".repeat(512)],
  ["l", "1", "l".repeat(513), "rest"],
])("modelMapping: ~%s → %s: %s becomes %s", async (pattern, target, model, wanted) => {
  const modelMapping = { [`~${pattern}`]: target, "*": "rest" };
  const { ask, models } = await alone({ modelMapping });
  await ask({ body: { ...BODY, model } });
  expect(sent(models["a"]!).model).toBe(wanted);
});

test.each(["envoy", "higress"] as const)(
  "%s: replay maps by expression, in a call as well",
  async (build) => {
    const modelMapping = { "~^(.*)-r1$": "$1-chat" };
    const targets: Json[] = [
      { name: "r1", cluster: "backend", modelMapping: { "~-r1": "-R1" } },
      { name: "distill", cluster: "distill", modelMapping },
    ];
    const { ask, models } = await chain(build, { targets }, busy());
    const answer = await ask();
    expect([sent(models.r1).model, sent(models.distill).model]).toEqual([
      "deepseek-R1",
      "deepseek-chat",
    ]);
    expect(answer.headers.get("x-llm-model")).toBe("deepseek-chat");
  },
);

test("an external target is one in the log line of a fallback, another is not", async () => {
  const far = await chain("envoy", {}, busy(), busy());
  await far.ask();
  const line = "fallback 0: r1 -> qwen reason=status_503 attempts=3 external";
  expect(far.host.logs.filter(({ text }) => text.endsWith(line))).toHaveLength(1);
  const near = await chain("envoy", {}, busy());
  await near.ask();
  const other = "fallback 0: r1 -> distill reason=status_503 attempts=2";
  expect(near.host.logs.filter(({ text }) => text.endsWith(other))).toHaveLength(1);
});

describe("chains", () => {
  test("match.headers: all of them must hold", async () => {
    const chains: Json = [
      { name: "blue", match: { headers: { "X-Team": "blue", "x-tier": "1" } }, targets: ["b"] },
      { name: "rest", match: { models: ["deepseek*"] }, targets: ["a"] },
    ];
    const targets: Json = [{ name: "a" }, { name: "b", model: "model-b" }];
    const { ask, host } = await nativeChain({
      models: { a: well("a"), b: well("b") },
      config: { targets, chains },
      metadata: () => ({}),
    });
    const counts = () =>
      ["blue", "rest"].map((name) => host.metrics.all[`model_fallback.${name}.requests`] ?? 0);
    await ask({ headers: { "x-team": "blue", "x-tier": "1" } });
    expect(counts()).toEqual([1, 0]);
    await ask({ headers: { "x-team": "blue" } });
    await ask({ headers: { "x-team": "blue", "x-tier": "2" } });
    expect(counts()).toEqual([1, 2]);
    await ask({ body: { ...BODY, model: "llama" } });
    expect(counts()).toEqual([1, 2]);
  });

  test("the entry 0 of breakerClusters is where a chain without a cluster begins", async () => {
    const { ask, models } = await nativeChain({ steers: true });
    expect(exposed(await ask())).toMatchObject({ "x-llm-target": "a" });
    expect(models["a"]!.requests).toHaveLength(1);
  });
});

test("targetProperty: another place where endpoints say which target they are", async () => {
  const { ask, models } = await nativeChain({
    models: { a: well("a"), b: well("b") },
    config: { targetProperty: "xds.upstream_host_metadata.filter_metadata.mine.id" },
    // The endpoints of `a` are those of target b.
    metadata: (name) => ({
      mine: { id: name === "a" ? "b" : "a" },
      model_fallback: { target: name },
    }),
  });
  expect((await ask()).headers.get("x-llm-target")).toBe("b");
  expect(sent(models["a"]!).model).toBe("model-b");
});

test.each([
  [["/ask"], "/v2/ask", true],
  [["/ask"], "/v2/ask?a=b", true],
  [["/ask"], "/v1/chat/completions", false],
  [["*"], "/anything", true],
  [[], "/v1/chat/completions", false],
])("enableOnPathSuffix %j: %s", async (enableOnPathSuffix, path, isWatched) => {
  const config = { enableOnPathSuffix };
  const { ask, asked } = await nativeChain({ config, models: { a: busy(), b: well("b") } });
  await ask({ path });
  expect(asked()).toEqual([1, isWatched ? 1 : 0]);
});

describe("long bodies", () => {
  const bufferLimitBytes = 4 << 20;
  const config = { maxBodyBytes: bufferLimitBytes };
  const image = {
    type: "image_url",
    image_url: { url: `data:image/png;base64,${"iVBORw0K".repeat(1 << 17)}` },
  };
  const body = { ...BODY, messages: [{ role: "user", content: [image] }] };

  test("replay: a data URL of 1 MiB reaches the next target byte for byte", async () => {
    const more = { bufferLimitBytes };
    const { ask, models } = await chain("envoy", config, busy(), undefined, undefined, more);
    expect((await ask({ body })).status).toBe(200);
    const text = JSON.stringify({ ...body, model: "r1-distill-32b", max_tokens: 8192 });
    expect(Buffer.from(models.distill.last!.body).equals(Buffer.from(text))).toBe(true);
  });

  test("native: the same", async () => {
    const models = { a: busy(), b: well("b") };
    const { ask } = await nativeChain({ config, models, bufferLimitBytes });
    expect((await ask({ body })).status).toBe(200);
    const text = JSON.stringify({ ...body, model: "model-b" });
    expect(Buffer.from(models.b.last!.body).equals(Buffer.from(text))).toBe(true);
  });

  test("a form of 1 MiB passes as it is", async () => {
    const part = Buffer.alloc(1 << 20, "\u0000\u00ff\r\n--", "latin1");
    const form = Buffer.concat([
      Buffer.from(
        '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nr1\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
      ),
      part,
      Buffer.from("\r\n--x--\r\n"),
    ]);
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const native = await nativeChain({ models: { a: busy(), b: well("b") } });
    const replay = await chain("envoy", {}, busy());
    for (const { host } of [native, replay]) {
      const url = "http://a.test/v1/chat/completions";
      const answer = await host.fetch(url, { method: "POST", headers, body: form }).settle();
      expect([answer.status, answer.upstream.length]).toEqual([503, 1]);
      expect(Buffer.from(answer.upstream[0]!.bytes).equals(form)).toBe(true);
      expect(metrics(host)).not.toHaveProperty("requests");
    }
  });
});
