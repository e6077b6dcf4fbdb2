import { upstream, type NativeFilter } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { nativeChain } from "./native-chain.js";
import { chain, exposed, metrics } from "./replay-chain.js";

// Answers of the gateway itself, and of its other plugins, are no target's.

describe("localReplies", () => {
  const answersWith = (status: number): NativeFilter => ({
    name: "behind",
    native: {
      requestHeaders: (_headers, _end, control) => {
        control.reply(status, { body: "mine", details: "someone_else" });
        return "StopIteration";
      },
    },
  });
  const refused = () => ({ a: upstream().refuse(), b: upstream().refuse() });

  test("router: the router's answers are failures, those of others are not", async () => {
    const all = await nativeChain({ models: refused() });
    expect((await all.ask()).json()).toMatchObject({ error: { code: "all_targets_failed" } });
    const other = await nativeChain({ behind: answersWith(503) });
    expect((await other.ask()).text()).toBe("mine");
  });

  test.each([200, 403, 503])(
    "replay: nor is a %d of others an answer of a target",
    async (status) => {
      const breaker = { failures: 1, openSeconds: 10, closeAfter: 1 };
      const first = upstream().reply(503, { json: {} });
      let isMine = false;
      const behind: NativeFilter = {
        name: "behind",
        native: {
          requestHeaders: (_headers, _end, control) => {
            if (isMine) control.reply(status, { body: "mine", details: "someone_else" });
            return isMine ? "StopIteration" : "Continue";
          },
        },
      };
      const config = { breaker, clusterHeader: "x-cluster" };
      const { ask, host } = await chain("envoy", config, first, undefined, undefined, {
        plugins: [behind],
      });
      await ask();
      await host.clock.advance(10_001);
      isMine = true;
      const answer = await ask(); // a probe, which says nothing of the target
      expect([answer.status, answer.text(), exposed(answer)]).toEqual([status, "mine", {}]);
      expect(metrics(host)).toMatchObject({ "r1.breaker_state": 2 }); // neither well nor ill
      expect(metrics(host)).not.toHaveProperty(["r1.success"]);
      isMine = false;
      expect(exposed(await ask())).toMatchObject({ "x-fallback-reason": "status_503" }); // it was given back
    },
  );

  test("none: not even the router's", async () => {
    const config = { errors: { localReplies: "none" } };
    const { ask, host } = await nativeChain({ config, models: refused() });
    const answer = await ask();
    expect([answer.status, answer.text()]).toEqual([
      503,
      expect.stringContaining("upstream connect error"),
    ]);
    expect(metrics(host)).not.toHaveProperty("all_failed");
    const replay = await chain("envoy", config, upstream().noEndpoints());
    const own = await replay.ask();
    expect([own.status, exposed(own)]).toEqual([503, {}]);
    expect(replay.models.distill.requests).toHaveLength(0);
    expect(metrics(replay.host)).not.toHaveProperty(["r1.success"]);
    const busy = upstream().reply(503, { json: {} });
    const later = await chain("envoy", config, busy, upstream().refuse());
    const second = await later.ask();
    expect([second.status, exposed(second)]).toEqual([503, {}]);
    expect(second.text()).toContain("upstream connect error");
    expect(later.models.qwen.requests).toHaveLength(0);
    expect(metrics(later.host)).not.toHaveProperty(["all_failed"]);
  });

  test("all: those of others, too, if their status is one of failures", async () => {
    const config = { errors: { localReplies: "all" } };
    const failed = await nativeChain({ config, behind: answersWith(503) });
    expect((await failed.ask()).json()).toMatchObject({
      error: { message: "All model targets failed (a: status_503)" },
    });
    const refusal = await nativeChain({ config, behind: answersWith(403) });
    const answer = await refusal.ask();
    expect([answer.status, answer.text()]).toEqual([403, "mine"]);
  });
});
