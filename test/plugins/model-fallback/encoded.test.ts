import { gzipSync } from "node:zlib";
import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BODY, chain, good, HOSTS, SSE, STREAM } from "./replay-chain.js";

// A later target of `replay` that encodes its answer though nobody asked for that.

const GZIP = { "content-encoding": "gzip" };
const JSON_TEXT = JSON.stringify(good("r1-distill-32b").json);

describe.each(HOSTS)("%s", (build) => {
  describe.each([
    ["with a body", upstream().reply(503, { json: {} })],
    ["without one", upstream().reply(503)],
  ])("after an error %s", (_what, first) => {
    test.each<[string, Record<string, string>, string]>([
      ["a document", { "content-type": "application/json" }, JSON_TEXT],
      ["a stream", SSE, STREAM.slice(0, 2).join("")],
    ])("%s arrives as it was sent", async (_kind, type, text) => {
      const body = gzipSync(text);
      const second = upstream().reply(200, { headers: { ...type, ...GZIP }, body });
      const { ask } = await chain(build, {}, first, second);
      const answer = await ask({ body: { ...BODY, stream: type === SSE } });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        ...GZIP,
        "x-llm-target": "distill",
      });
      expect(Buffer.from(answer.bytes())).toEqual(body);
    });
  });
});
