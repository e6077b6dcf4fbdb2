import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { nativeChain, well } from "./native-chain.js";
import { BODY, chain, CHAT, header, HOSTS } from "./replay-chain.js";

// A request whose model nobody has read goes on with its target's key only where the target takes any
// model: with one of its own, the client would choose another for the operator's money.

const auth = { apiTokens: ["sk-a"] };
const TARGETS: [string, Record<string, Json>, string | null][] = [
  ["a model of its own", { model: "m" }, null],
  ["a mapping of every name", { modelMapping: { "*": "m" } }, null],
  ["a mapping of some names", { modelMapping: { x: "m" } }, "Bearer sk-a"],
  ["the client's model", {}, "Bearer sk-a"],
  ["protocol: raw", { protocol: "raw" }, "Bearer sk-a"],
];

describe.each(TARGETS)("a target with %s", (_what, fields, wanted) => {
  const long = { ...BODY, user: "x".repeat(2000) };

  test.each(HOSTS)("replay in %s: a body that is too long", async (build) => {
    const targets: Json = [{ name: "a", cluster: "backend", auth, ...fields }];
    const { ask, models } = await chain(build, { targets, maxBodyBytes: 1024 });
    expect((await ask({ body: long })).status).toBe(200);
    expect(header(models.r1, "authorization")).toBe(wanted);
    await ask();
    expect(header(models.r1, "authorization")).toBe("Bearer sk-a");
  });

  test("native: too long, another type, encoded; one for an API without models gets it", async () => {
    const config = { targets: [{ name: "a", auth, ...fields }], maxBodyBytes: 1024 };
    const { host, models } = await nativeChain({ config, models: { a: well("a") } });
    const body = JSON.stringify(long);
    const json = { "content-type": "application/json" };
    for (const headers of [
      json,
      { "content-type": "text/plain" },
      { ...json, "content-encoding": "gzip" },
    ]) {
      await host.fetch(CHAT, { method: "POST", headers, body }).settle();
      expect(header(models["a"]!, "authorization")).toBe(wanted);
    }
    await host.fetch("http://a.test/v1/models").settle();
    expect(header(models["a"]!, "authorization")).toBe("Bearer sk-a");
    await host.fetch("http://a.test/v1/files", { method: "POST", headers: json, body }).settle();
    expect(header(models["a"]!, "authorization")).toBe("Bearer sk-a");
  });
});
