import { createHost, upstream, type Host } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { describe, expect, test } from "vitest";
import { modelMapper } from "../model-mapper/support.js";
import { modelRouter } from "./support.js";

// What only Higress has: a limit of the body per request, and a route that an edit leaves alone.

const PLUGINS = { "model-router": modelRouter, "model-mapper": modelMapper };
const FINAL = "x-higress-llm-model-final";

function higress(name: keyof typeof PLUGINS, config: object): Promise<Host> {
  const plugin = { ...PLUGINS[name](config), wasm: `build/higress/${name}.wasm` };
  const headers = { [FINAL]: "b" };
  return createHost({
    profile: "higress-2.2",
    lifecycle: "single",
    plugins: [plugin],
    clusters: { first: upstream().reply(200), second: upstream().reply(200) },
    routes: [
      { name: "second", match: { prefix: "/", headers }, cluster: "second" },
      { name: "first", cluster: "first" },
    ],
  });
}

const ask = (host: Host, body: string) =>
  host.fetch("http://a.test/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

describe.each(["model-router", "model-mapper"] as const)("%s", (name) => {
  test("a body of more than maxBodyBytes is refused, one of as many is read", async () => {
    const body = '{"model":"a"}';
    await using host = await higress(name, { maxBodyBytes: body.length });
    expect((await ask(host, body)).status).toBe(200);
    expect((await ask(host, body + " ")).status).toBe(413);
  });
});

test("what model-mapper writes chooses no other route", async () => {
  await using host = await higress("model-mapper", { modelMapping: { a: "b" } });
  const { upstream: sent } = await ask(host, '{"model":"a"}');
  expect(sent.map(({ cluster }) => cluster)).toEqual(["first"]);
  expect(sent[0]!.headers).toContainEqual([FINAL, "b"]);
});

test("what model-router writes does", async () => {
  await using host = await higress("model-router", { modelToHeader: FINAL });
  const { upstream: sent } = await ask(host, '{"model":"b"}');
  expect(sent.map(({ cluster }) => cluster)).toEqual(["second"]);
});
