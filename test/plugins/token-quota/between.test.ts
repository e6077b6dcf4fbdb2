import { upstream, type Host } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { admin, answer, balance, chat, gateway, JSON_TYPE, refill, SHARED } from "./support.js";

// A balance is read when a request comes and written when its answer ends. What becomes of it in
// between counts all the same.

/** A gateway whose upstream waits for somebody else before it answers the first request. */
async function meanwhile(config: object, act: (host: Host) => Promise<unknown>): Promise<Host> {
  let isFirst = true;
  const host: Host = await gateway(config, {
    clusters: {
      backend: upstream().handle(async () => {
        const acts = isFirst;
        isFirst = false;
        if (acts) await act(host);
        return { status: 200, body: answer(10, 5), headers: JSON_TYPE };
      }),
    },
  });
  return host;
}

test("an administrator sets it", async () => {
  const host = await meanwhile(SHARED, (gate) => refill(gate, "alice", 500));
  await refill(host, "alice", 100);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(485);
  await host.close();
});

test("an administrator adds to it", async () => {
  const host = await meanwhile(SHARED, (gate) => admin(gate, "/delta", "consumer=alice&value=7"));
  await refill(host, "alice", 100);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(92);
  await host.close();
});

test("an administrator removes it: the charge begins one", async () => {
  const config = { ...SHARED, admin_extensions: true };
  const host = await meanwhile(config, (gate) =>
    admin(gate, "?consumer=alice", undefined, { method: "DELETE" }),
  );
  await refill(host, "alice", 100);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(-15);
  await host.close();
});

test("another request of the same consumer ends", async () => {
  const host = await meanwhile({ ...SHARED, default_quota: 100 }, (gate) => chat(gate, "alice"));
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(70);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(55);
  await host.close();
});

test("its period ends: what comes late has nothing to be taken from", async () => {
  const startTime = Date.parse("2026-05-31T23:59:59Z");
  const config = { ...SHARED, default_quota: 100, period: "month" };
  const backend = upstream()
    .reply(200, { body: answer(10, 5), headers: JSON_TYPE })
    .after(2000)
    .reply(200, { body: answer(10, 5), headers: JSON_TYPE });
  const host = await gateway(config, { startTime, clusters: { backend } });
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(85);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(100);
  await host.close();
});
