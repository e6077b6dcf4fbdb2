import { upstream, type Host } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { answer, CHAT, chat, gateway, JSON_TYPE } from "./support.js";

// A counter is read when a request comes and written when its answer ends. What becomes of it, and of
// others in its slot, in between counts all the same.

const CONFIG = {
  rule_name: "r",
  store: { type: "shared", slots: 1 },
  rule_items: [{ limit_by_per_header: "x-who", limit_keys: [{ key: "*", token_per_hour: 1000 }] }],
  response_headers: "openai",
};

/** A gateway whose upstream waits for somebody else before it answers, after so many other answers. */
async function meanwhile(
  config: object,
  act: (host: Host) => Promise<unknown>,
  before = 0,
): Promise<Host> {
  let left = before;
  const host: Host = await gateway(config, {
    clusters: {
      backend: upstream().handle(async () => {
        if (left-- === 0) await act(host);
        return { status: 200, body: answer(10, 5), headers: JSON_TYPE };
      }),
    },
  });
  return host;
}

/** What a request of somebody used before it came. */
async function used(host: Host, who: string): Promise<number> {
  const reply = await host.fetch(CHAT, { headers: { "x-who": who } }).settle(60_000);
  return 1000 - Number(reply.headers.get("x-ratelimit-remaining-tokens"));
}

test.each([0, 1, 9, 10, 11, 60])("%i others come first, and one more in between", async (count) => {
  const host = await meanwhile(CONFIG, (gate) => chat(gate, { "x-who": "late" }), count);
  for (let i = 0; i < count; i++) await chat(host, { "x-who": `other-${i}` });
  expect((await chat(host, { "x-who": "alice" })).status).toBe(200);
  expect(await used(host, "alice")).toBe(15);
  expect(await used(host, "late")).toBe(15);
  for (let i = 0; i < count; i++) expect(await used(host, `other-${i}`)).toBe(15);
  await host.close();
});

test("a request with the same counter ends in between", async () => {
  const host = await meanwhile(CONFIG, (gate) => chat(gate, { "x-who": "alice" }));
  expect((await chat(host, { "x-who": "alice" })).status).toBe(200);
  expect(await used(host, "alice")).toBe(30);
  await host.close();
});

test("the same for a counter that all requests share", async () => {
  const { rule_name, store, response_headers } = CONFIG;
  const config = {
    rule_name,
    store,
    response_headers,
    global_threshold: { token_per_hour: 1000 },
  };
  const host = await meanwhile(config, (gate) => chat(gate, { "x-who": "alice" }));
  expect((await chat(host, { "x-who": "bob" })).status).toBe(200);
  expect(await used(host, "carol")).toBe(30);
  await host.close();
});

test("the window ends in between: the charge begins the next one", async () => {
  const limit_keys = [{ key: "*", token_per_second: 1000 }];
  const config = { ...CONFIG, rule_items: [{ limit_by_per_header: "x-who", limit_keys }] };
  const reply = { body: answer(10, 5), headers: JSON_TYPE };
  const backend = upstream().reply(200, reply).after(2000).reply(200, reply).reply(200, reply);
  const host = await gateway(config, { clusters: { backend } });
  await chat(host, { "x-who": "alice" });
  const late = host.fetch(CHAT, { method: "POST", body: "{}", headers: { "x-who": "alice" } });
  expect((await late.settle(60_000)).status).toBe(200);
  expect(await used(host, "alice")).toBe(15);
  await host.close();
});

test.each([
  ["a charge", {}],
  ["a correction", { reservation: { enabled: true } }],
])("a new configuration comes while %s is under way: it is not given up", async (_what, more) => {
  const states = [[1000, 0, 3600]];
  const result = "reservation" in more ? [0, states] : states;
  const rest = upstream()
    .reply(200, { json: { result } })
    .then()
    .after(100)
    .reply(200, { json: { result: 1 } });
  const store = { type: "redis-http", cluster_name: "rest" };
  const host = await gateway({ ...CONFIG, store, ...more }, { clusters: { rest } });
  const reply = host.fetch(CHAT, { method: "POST", body: "{}", headers: { "x-who": "alice" } });
  expect((await reply.advance(10)).status).toBe(200);
  expect(rest.requests).toHaveLength(2);
  host.reload({ keepsVms: true });
  await host.clock.advance(200);
  expect(rest.requests.map(({ reset }) => reset)).toEqual([false, false]);
  await host.close();
});
