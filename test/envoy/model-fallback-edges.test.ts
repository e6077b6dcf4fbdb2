import { request } from "node:http";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { wasmFilter } from "./bootstrap.js";
import { sleep } from "./envoy.js";
import { type ChainOptions } from "./fallback-bootstrap.js";
import { failing, FallbackChain, header } from "./fallback-chain.js";

// What model-fallback does at the edges of native: whom it leaves alone, what it refuses, and what
// becomes of requests that somebody gives up.

const LIMIT = 300_000;
const TARGETS = ["a", "b"];
const CONFIG = {
  targets: [
    { name: "a", model: "model-a", auth: { apiTokens: ["key-a"] } },
    { name: "b", model: "model-b", host: "b.test", path: "/b/v1/chat/completions" },
  ],
  chains: [{ name: "r1", targets: TARGETS }],
  timeouts: { firstToken: 1000, unary: 1000 },
};

let chain: FallbackChain;
beforeAll(() => buildPlugins(["model-fallback", "key-auth"], ["envoy"]), LIMIT);
afterEach(() => chain.stop());

async function start(config: object = {}, options: Partial<ChainOptions> = {}): Promise<void> {
  chain = await FallbackChain.start({
    targets: TARGETS,
    config: { ...CONFIG, ...config },
    ...options,
  });
}

describe("a target that cannot be reached", () => {
  test.each(["composite", "aggregate", "priorities"] as const)(
    "nobody listens at the first target of a %s chain",
    { timeout: LIMIT },
    async (shape) => {
      await start({}, { shape, broken: { a: "refused" } });
      const reply = await chain.ask();
      expect([reply.status, reply.headers.get("x-llm-target")]).toEqual([200, "b"]);
      expect(reply.headers.get("x-fallback-reason")).toBe("connect");
      expect((await chain.metrics())["r1.a.fail.connect"]).toBe(1);
    },
  );

  test("the first target has no endpoint: the second serves within the same attempt", async () => {
    await start({}, { broken: { a: "empty" } });
    const reply = await chain.ask();
    expect([reply.status, reply.headers.get("x-llm-target")]).toEqual([200, "b"]);
    expect(reply.headers.get("x-fallback-from")).toBe("a");
    expect(reply.headers.get("x-fallback-reason")).toBe("no_host");
    expect(reply.headers.get("x-fallback-attempts")).toBe("1");
  });

  test("no target has an endpoint", async () => {
    await start({}, { broken: { a: "empty", b: "empty" } });
    const reply = await chain.ask();
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body).error.message).toBe("All model targets failed (a: no_host)");
  });

  test("nobody listens anywhere", async () => {
    await start({}, { broken: { a: "refused", b: "refused" } });
    const reply = await chain.ask();
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body).error.message).toBe(
      "All model targets failed (a: connect, b: connect)",
    );
  });
});

describe("requests that are left alone", () => {
  test("no body, another path, another type, no model, no JSON", { timeout: LIMIT }, async () => {
    await start();
    chain.script("a", failing(503));
    const type = { "content-type": "text/plain" };
    const cases: [string | object, Record<string, string>, string][] = [
      [{ model: "r1" }, {}, "/v1/files"],
      [{ model: "r1" }, type, "/v1/chat/completions"],
      [{ messages: [] }, {}, "/v1/chat/completions"],
      [{ model: 7 }, {}, "/v1/chat/completions"],
      ["not json", {}, "/v1/chat/completions"],
      ['{"model":"r1"', {}, "/v1/chat/completions"],
      [{ model: "r1" }, { "content-encoding": "gzip" }, "/v1/chat/completions"],
    ];
    for (const [body, headers, path] of cases) {
      const reply = await chain.ask(body, headers, path);
      expect([path, body, reply.status]).toEqual([path, body, 503]);
      expect(JSON.parse(reply.body).error.code).toBe("c503");
      expect(reply.headers.has("x-llm-target")).toBe(false);
    }
    expect(chain.visits("b")).toEqual([]);
    // Their target's key is put in all the same, and the client's taken out.
    expect(chain.visits("a").map((visit) => header(visit, "authorization"))).toEqual(
      cases.map(() => ["Bearer key-a"]),
    );
    const list = await fetch(`${chain.url}/v1/models`, { headers: { "x-api-key": "client" } });
    expect(list.status).toBe(503);
    const seen = chain.visits("a").at(-1);
    expect([header(seen, "x-api-key"), seen?.seen.path]).toEqual([[], "/v1/models"]);
  });

  test("a chain that is for other models", async () => {
    await start({ chains: [{ name: "r1", match: { models: ["r1*"] }, targets: TARGETS }] });
    chain.script("a", failing(503));
    expect((await chain.ask({ model: "gpt" })).headers.has("x-llm-target")).toBe(false);
    expect((await chain.ask({ model: "r1-x" })).headers.get("x-llm-target")).toBe("b");
  });

  test("a client that opts out gets the first target's answer", async () => {
    await start();
    chain.script("a", failing(503));
    for (const value of ["off", "0", "False"]) {
      const reply = await chain.ask(undefined, { "x-model-fallback": value });
      expect(reply.status).toBe(503);
    }
    expect(chain.visits("b")).toEqual([]);
    expect((await chain.ask(undefined, { "x-model-fallback": "on" })).status).toBe(200);
  });

  test("what clients say to the router does not count", async () => {
    await start({ targets: [CONFIG.targets[0]], chains: [{ name: "r1", targets: ["a"] }] });
    chain.script("a", failing(503));
    await chain.ask(undefined, {
      "x-envoy-retry-on": "5xx",
      "x-envoy-max-retries": "9",
      "x-envoy-upstream-rq-per-try-timeout-ms": "1",
    });
    expect(chain.visits("a").length).toBe(1);
  });
});

describe("an answer of somebody else", () => {
  test("key-auth's 401 is neither retried nor replaced", async () => {
    const auth = wasmFilter(
      {
        name: "key-auth",
        rootId: "",
        file: "build/envoy/key-auth.wasm",
        failurePolicy: "FAIL_CLOSED",
        allowOnHeadersStopIteration: true,
        config: JSON.stringify({
          keys: ["x-api-key"],
          in_header: true,
          consumers: [{ name: "alice", credential: "alice-key" }],
        }),
      },
      "key-auth",
    );
    await start({}, { before: [auth] });
    const reply = await chain.ask();
    expect(reply.status).toBe(401);
    expect(reply.body).not.toContain("targets");
    expect(chain.visits("a")).toEqual([]);
    expect((await chain.ask(undefined, { "x-api-key": "alice-key" })).status).toBe(200);
  });

  test("a direct response with a status of failures is no failure", async () => {
    await start({}, { directResponse: 503 });
    const reply = await chain.ask();
    expect([reply.status, reply.body]).toEqual([503, "busy"]);
  });
});

describe("long bodies", () => {
  const long = { model: "r1", messages: [{ role: "user", content: "x".repeat(5000) }] };

  test("skip: they go to the first target alone, and whole", { timeout: LIMIT }, async () => {
    await start({ maxBodyBytes: 1024 });
    chain.script("a", failing(503));
    const reply = await chain.ask(long);
    expect(reply.status).toBe(503);
    expect(chain.visits("a")[0]?.seen.body.toString()).toBe(JSON.stringify(long));
    expect(header(chain.visits("a")[0], "authorization")).toEqual(["Bearer key-a"]);
    expect(chain.visits("b")).toEqual([]);
  });

  test("skip: also when their length is not announced", { timeout: LIMIT }, async () => {
    await start({ maxBodyBytes: 1024 });
    const status = await sendInPieces(long);
    expect(status).toBe(200);
    expect(chain.visits("a")[0]?.seen.body.toString()).toBe(JSON.stringify(long));
  });

  test("skip: also where the plugin names the cluster", { timeout: LIMIT }, async () => {
    const chains = [{ name: "r1", targets: TARGETS, cluster: "llm-chain" }];
    const clusterHeader = "x-llm-cluster";
    const route = { cluster_header: clusterHeader };
    await start({ maxBodyBytes: 1024, clusterHeader, chains }, { route });
    expect((await chain.ask(long)).status).toBe(200);
    expect(await sendInPieces(long)).toBe(200);
    for (const visit of chain.visits("a")) {
      expect(visit.seen.body.toString()).toBe(JSON.stringify(long));
      expect(header(visit, "authorization")).toEqual(["Bearer key-a"]);
    }
    expect(chain.visits("a")).toHaveLength(2);
  });

  test("reject: 413 in OpenAI's form", { timeout: LIMIT }, async () => {
    await start({ maxBodyBytes: 1024, onBodyTooLarge: "reject" });
    const reply = await chain.ask(long);
    expect(reply.status).toBe(413);
    expect(JSON.parse(reply.body).error).toEqual({
      message: "The request body is too large",
      type: "invalid_request_error",
      param: null,
      code: "request_too_large",
    });
    expect((await chain.record(reply)).details).toBe("model_fallback.too_large");
    expect(await sendInPieces(long)).toBe(413);
    expect(chain.visits("a")).toEqual([]);
  });

  test("a target may take shorter ones only", async () => {
    const [a, b] = CONFIG.targets;
    await start({ targets: [a, { ...b, maxBodyBytes: 100 }] });
    chain.script("a", failing(503));
    expect((await chain.ask(long)).status).toBe(503);
    expect(chain.visits("b")).toEqual([]);
    expect((await chain.ask()).headers.get("x-llm-target")).toBe("b");
  });

  /** Chunked, in three pieces. */
  function sendInPieces(body: object): Promise<number> {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
      const call = request(
        `${chain.url}/v1/chat/completions`,
        { method: "POST", headers },
        (answer) => {
          answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
        },
      );
      call.on("error", reject);
      void (async () => {
        for (const piece of [text.slice(0, 900), text.slice(900, 2000), text.slice(2000)]) {
          call.write(piece);
          await sleep(30);
        }
        call.end();
      })();
    });
  }
});

describe("the kind of a request", () => {
  test("a target for text is left out for images, tools and streams", async () => {
    const [a, b] = CONFIG.targets;
    await start({ targets: [a, { ...b, when: { vision: false, tools: false, stream: false } }] });
    chain.script("a", failing(503));
    const image = { type: "image_url", image_url: { url: "data:" } };
    const bodies = [
      { model: "r1", messages: [{ role: "user", content: [image] }] },
      { model: "r1", messages: [], tools: [{ type: "function" }] },
      { model: "r1", messages: [], stream: true },
    ];
    for (const body of bodies) expect((await chain.ask(body)).status).toBe(503);
    expect(chain.visits("b")).toEqual([]);
    expect((await chain.ask({ model: "r1", messages: [], tools: [] })).status).toBe(200);
  });
});
