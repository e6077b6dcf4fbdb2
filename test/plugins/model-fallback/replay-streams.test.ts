import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BODY, chain, CHAT, HOSTS, metrics, SSE, STREAM } from "./replay-chain.js";

// How streams of `replay` end: the first target's as they come, a later one's in one piece.

describe.each(HOSTS)("%s", (build) => {
  describe("a stream that ends without a word", () => {
    const INTERRUPTED = expect.stringMatching(/\n\ndata: \{"error".*"stream_interrupted"\}\}\n\n$/);
    const body = { ...BODY, stream: true };
    const early = (more = {}) =>
      upstream().reply(200, { headers: SSE, chunks: STREAM.slice(0, 2), every: 10, ...more });

    test("of the first target gets an event that says so", async () => {
      for (const holdFirstEvent of [true, false]) {
        const stream = { holdFirstEvent };
        const { ask } = await chain(build, { stream }, early());
        const answer = await ask({ body });
        expect(answer.text()).toEqual(INTERRUPTED);
        expect(answer.text().startsWith(STREAM.slice(0, 2).join(""))).toBe(true);
        expect(answer.headers.get("x-llm-target")).toBe("r1");
      }
    });

    test("of a later target, too", async () => {
      const { ask } = await chain(build, {}, upstream().reply(503), early());
      expect((await ask({ body })).text()).toEqual(INTERRUPTED);
    });

    test("with trailers it is broken off, unless it is held or whole", async () => {
      const trailers = { "x-cost": "3" };
      const cut = await chain(build, {}, early({ trailers }));
      const answer = await cut.ask({ body });
      expect([answer.reset, answer.text()]).toEqual([true, STREAM.slice(0, 2).join("")]);
      const held = await chain(build, {}, early({ trailers, chunks: [STREAM[0]!.trimEnd()] }));
      expect((await held.ask({ body })).text()).toEqual(INTERRUPTED);
      const whole = await chain(build, {}, early({ trailers, chunks: STREAM }));
      expect((await whole.ask({ body })).text()).toBe(STREAM.join(""));
    });

    test("endMarker: none leaves it alone", async () => {
      const stream = { endMarker: "none" };
      const text = STREAM.slice(0, 2).join("");
      const first = await chain(build, { stream }, early());
      expect((await first.ask({ body })).text()).toBe(text);
      const later = await chain(build, { stream }, upstream().reply(503), early());
      expect((await later.ask({ body })).text()).toBe(text);
    });
  });

  test.each([
    ["its beginning is judged", 200, SSE, [": ping\n\n", ...STREAM]],
    ["its error is read", 503, { "content-type": "application/json" }, ["{", "}"]],
  ])("one that breaks off while %s is, too", async (_what, status, headers, chunks) => {
    const cut = upstream().reply(status, { headers, chunks, every: 10, cutAfter: 1 });
    const { ask, host } = await chain(build, { breaker: { failures: 2 } }, cut);
    const body = { ...BODY, stream: true };
    for (let i = 0; i < 2; i++) expect((await ask({ body })).status).toBe(502);
    expect(metrics(host)).toMatchObject({ "r1.fail.reset": 2, "r1.breaker_opened": 1 });
    expect((await ask({ body })).headers.get("x-llm-target")).toBe("distill");

    const slow = upstream().reply(status, { headers, chunks, every: 60_000 });
    const left = await chain(build, {}, slow);
    const stream = left.host.stream(`POST ${CHAT}`, {
      headers: { "content-type": "application/json" },
    });
    await stream.headers();
    await stream.data(JSON.stringify(body), { end: true });
    await left.host.clock.advance(10);
    await stream.abort();
    expect(metrics(left.host)).not.toHaveProperty("r1.fail.reset");
  });

  test("an answer that breaks off is the target's failure, a client that leaves is not", async () => {
    const cut = () =>
      upstream().reply(200, { headers: SSE, chunks: STREAM, every: 10, cutAfter: 2 });
    const broken = await chain(build, {}, cut());
    await broken.ask({ body: { ...BODY, stream: true } });
    expect(metrics(broken.host)).toMatchObject({ "r1.success": 1, "r1.fail.reset": 1 });
    const slow = upstream().reply(200, { headers: SSE, chunks: STREAM, every: 60_000 });
    const left = await chain(build, {}, slow);
    const headers = { "content-type": "application/json" };
    const stream = left.host.stream(`POST ${CHAT}`, { headers });
    await stream.headers();
    await stream.data(JSON.stringify({ ...BODY, stream: true }), { end: true });
    await left.host.clock.advance(10);
    await stream.abort();
    expect(metrics(left.host)).toMatchObject({ "r1.success": 1 });
    expect(metrics(left.host)).not.toHaveProperty("r1.fail.reset");
  });

  test.each<[what: string, reply: object, tokens: number]>([
    ["a document", { json: { usage: { prompt_tokens: 7, total_tokens: 12 } } }, 12],
    [
      "a stream, by its last usage",
      {
        headers: SSE,
        chunks: [
          'data: {"usage":null,"choices":[{"delta":{"content":"\\"usage\\":{\\"total_tokens\\":9}"}}]}\n\n',
          'data: {"choices":[],"usage" : { "total_tokens": 5 }}\n\n',
          'data: {"choices":[],"usage":{"total_tokens":30}}\n\n',
          'data: {"usage":null}\n\ndata: [DONE]\n\n',
        ],
      },
      30,
    ],
    ["responses, without a total", { json: { usage: { input_tokens: 3, output_tokens: 4 } } }, 7],
    ["what says nothing", { json: { usage: "all", x: [{ usage: { total_tokens: "x" } }] } }, 0],
    ["what breaks off", { chunks: ['{"usage":{"total_tokens":4'] }, 4],
    ["an absurd one", { json: { usage: { total_tokens: 10 ** 17 } } }, 1e12],
    ["none", { status: 500 }, 0],
  ])(
    "a client that leaves while another target answers: the tokens of %s",
    async (_what, reply, tokens) => {
      const { status = 200, ...rest } = reply as { status?: number };
      const slow = upstream().after(5000).reply(status, rest);
      const { host, models } = await chain(build, {}, upstream().reply(503), slow);
      const headers = { "content-type": "application/json" };
      const stream = host.stream(`POST ${CHAT}`, { headers });
      await stream.headers();
      await stream.data(JSON.stringify(BODY), { end: true });
      await host.clock.advance(100);
      expect(models.distill.requests).toHaveLength(1);
      await stream.abort();
      await host.clock.advance(20_000);
      expect(metrics(host)["distill.wasted_tokens"] ?? 0).toBe(tokens);
      // Nobody is asked for those who left, and nobody failed or succeeded.
      expect(models.qwen.requests).toHaveLength(0);
      expect(metrics(host)).not.toHaveProperty("distill.success");
      expect(metrics(host)).not.toHaveProperty("distill.fail.status_5xx");
    },
  );
});
