import { createHost, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { modelRouter } from "./support.js";

// A body is read once. One that is not changed is not written; of one that is, the bytes up to its model
// are, and what follows stays where it is.

const CONFIG = { modelToHeader: "x-model", modelMapping: { "map-*": "mapped-*" } };
const LONG = `,"messages":[{"role":"user","content":"${"é ".repeat(100_000)}"}]}`;

/** How often one request's body is read, and how many bytes are written each time. */
async function copies(body: string): Promise<{ reads: number; written: number[] }> {
  const backend = upstream().reply(200, { body: "ok" });
  await using host = await createHost({
    plugins: [modelRouter(CONFIG)],
    clusters: { backend },
    lifecycle: "single",
    trace: { kinds: ["host"], names: /buffer/ },
  });
  host.trace!.clear(); // of the configuration
  const headers = { "content-type": "application/json" };
  await host.fetch("/v1/chat/completions", { method: "POST", headers, body }).settle();
  expect(backend.requests[0]!.body).toBe(body.replace("map-a", "mapped-a"));
  const calls = host.trace!.events;
  const written = calls.filter(({ name }) => name === "proxy_set_buffer_bytes");
  return {
    reads: calls.length - written.length,
    written: written.map(({ args }) => Number(args[4])),
  };
}

describe.each([
  ["a short body", ',"messages":[]}'],
  ["one of 200 KB", LONG],
])("%s", (_what, rest) => {
  test("that is not changed", async () => {
    expect(await copies(`{"model":"m"${rest}`)).toEqual({ reads: 1, written: [] });
  });

  test("that names no model", async () => {
    expect(await copies(`{"x":"m"${rest}`)).toEqual({ reads: 1, written: [] });
  });

  test("whose model is changed", async () => {
    const start = '{"model":"mapped-a"';
    expect(await copies(`{"model":"map-a"${rest}`)).toEqual({ reads: 1, written: [start.length] });
  });
});
