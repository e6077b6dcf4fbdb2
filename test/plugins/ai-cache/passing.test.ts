import { upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import {
  ask,
  CHAT,
  completion,
  gateway,
  higress,
  isHit,
  JSON_TYPE,
  MEMORY,
  PEER,
  question,
  SSE_TYPE,
} from "./support.js";

test("the handshake of a WebSocket is no chat, whatever type it names", async () => {
  const host = await gateway({ ...MEMORY, cacheHeaders: true });
  const headers = { ...JSON_TYPE, connection: "upgrade", upgrade: "websocket" };
  const stream = host.stream(`GET ${CHAT}`, { headers });
  await stream.headers();
  expect(stream.state.paused).toBe(false);
  await stream.abort();
  await host.close();
});

test("in Higress a body may take its time: headers are held, and it is looked up", async () => {
  const { host } = await higress(PEER);
  for (const expected of [false, true]) {
    const stream = host.stream(`POST ${CHAT}`, { headers: JSON_TYPE });
    await stream.headers();
    await host.clock.advance(3000);
    await stream.data(question("a"), { end: true });
    expect(isHit(await stream.response())).toBe(expected);
  }
  await host.close();
});

test("documents may be as large for the plugins behind it as Higress's plugin makes it", async () => {
  const body = completion("Hello");
  const document = upstream().reply(200, { headers: JSON_TYPE, body });
  const { host } = await higress(PEER, { clusters: { backend: document } });
  const { filterState } = await ask(host, question("a"));
  const limit = Buffer.from(filterState["set_encoder_buffer_limit"] ?? []).toString();
  expect(limit).toBe("104857600");
  await host.close();
});

test("so may those of requests without a question", async () => {
  const document = upstream().reply(200, { headers: JSON_TYPE, body: completion("Hello") });
  const { host } = await higress(PEER, { clusters: { backend: document } });
  const { filterState } = await ask(host, "{}");
  const limit = Buffer.from(filterState["set_encoder_buffer_limit"] ?? []).toString();
  expect(limit).toBe("104857600");
  await host.close();
});

test("streams may not", async () => {
  const events = upstream().reply(200, { headers: SSE_TYPE, body: "data: [DONE]\n\n" });
  const { host } = await higress(PEER, { clusters: { backend: events } });
  const { filterState } = await ask(host, question("a", { stream: true }));
  expect(filterState["set_encoder_buffer_limit"]).toBeUndefined();
  await host.close();
});
