import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import type { Gateway } from "./gateway.js";
import { ModelServers, type Visit } from "./model-servers.js";

const LIMIT_MS = 300_000;
const REQUESTS = 60;

// A fallback of Higress sends a failed request through all filters once more, marked by a header.
// Here a redirect does it, and its route sets the mark.

let models: ModelServers;
let gate: Gateway;

function answer(visit: Visit, response: ServerResponse): void {
  const isFirst = visit.url.startsWith("/first/");
  const location = `http://a${visit.url.replace("/first/", "/second/")}`;
  response.writeHead(isFirst ? 307 : 200, isFirst ? { location } : {});
  response.end(visit.model);
}

const variant = (name: string) => ({ name, weight: 50, model: name });
const CONFIG = {
  modelToHeader: "x-higress-llm-model",
  split: {
    ruleHeader: "x-rule",
    responseHeader: "x-variant",
    rules: [{ name: "r", match: { models: ["chat"] }, variants: [variant("a"), variant("b")] }],
  },
};

beforeAll(async () => {
  await buildPlugins(["model-router"], ["envoy"]);
  models = await ModelServers.start(["openai"], answer);
  const again = {
    match: { prefix: "/first/" },
    request_headers_to_add: [{ header: { key: "x-higress-fallback-from", value: "first" } }],
    route: {
      cluster: "backend",
      internal_redirect_policy: { redirect_response_codes: [307] },
    },
  };
  const last = { match: { prefix: "/" }, route: { cluster: "backend" } };
  const virtual_hosts = [{ name: "all", domains: ["*"], routes: [again, last] }];
  gate = await models.gateway(CONFIG, {}, { manager: { route_config: { virtual_hosts } } });
}, LIMIT_MS);
afterAll(async () => {
  await gate.envoy.stop();
  models.stop();
});
beforeEach(() => (models.visits.length = 0));

function ask(path: string, model: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gate.url}${path}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model }),
  });
}

/** What tells about the split in a request. */
function told({ headers, body }: Visit): string {
  const { model } = JSON.parse(body.toString()) as { model: string };
  const names = ["x-higress-llm-model", "x-model-variant", "x-rule"];
  return [...names.map((name) => String(headers[name])), model].join(" ");
}

async function counted(): Promise<number> {
  const stats = await gate.envoy.stats("^wasmcustom.model_router.split.r.[ab]$");
  return [...stats.values()].reduce((sum, count) => sum + count, 0);
}

test("the second pass keeps the variant that the first one chose, and counts nothing", async () => {
  const before = await counted();
  const answers: string[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const response = await ask("/first", "chat");
    answers.push(String(response.headers.get("x-variant")));
    await response.text();
  }
  expect(models.visits).toHaveLength(2 * REQUESTS);
  const first = models.visits.filter(({ url }) => url.startsWith("/first/")).map(told);
  const second = models.visits.filter(({ url }) => url.startsWith("/second/")).map(told);
  expect(second).toEqual(first);
  expect([...new Set(first)].sort()).toEqual(["a a r a", "b b r b"]);
  expect(answers).toEqual(first.map((text) => text.slice(0, 1)));
  expect((await counted()) - before).toBe(REQUESTS);
});

test("a model that no rule splits is routed the same again", async () => {
  await (await ask("/first", "other")).text();
  expect(models.visits.map(told)).toEqual(Array(2).fill("other undefined undefined other"));
});

test("a client that claims to come again is split as any other", async () => {
  const seen = new Set<string>();
  for (let i = 0; i < REQUESTS; i++) {
    const claim = { "x-higress-fallback-from": "x", "x-model-variant": "c", "x-rule": "z" };
    await (await ask("", "chat", claim)).text();
  }
  for (const visit of models.visits) seen.add(told(visit));
  expect([...seen].sort()).toEqual(["a a r a", "b b r b"]);
});
