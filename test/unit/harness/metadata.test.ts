import { expect, test } from "vitest";
import { createHost, upstream } from "../../harness/src";
import { buildFixture } from "../../scenario/fixture/build";

// What test/envoy/probe-metadata.test.ts cannot see: the way behind the filters, and the way back.

test("METADATA passes the filters of stream and cluster, there and back", async () => {
  const wasm = await buildFixture("probe");
  const backend = upstream().script((_request, sink) =>
    sink.after(5, () => {
      sink.headers([[":status", "200"]]);
      sink.metadata({ answer: "1" });
      sink.data("ok", true);
    }),
  );
  await using host = await createHost({
    plugins: [{ wasm, config: "as in" }],
    clusters: { backend: backend.filters({ wasm, config: "as up" }) },
    lifecycle: "single",
    downstream: "h2",
  });
  const stream = host.stream("POST http://a.test/");
  const { callbacks } = await stream.metadata([["a", "1"]]);
  expect(callbacks.map(({ callback }) => callback).slice(0, 2)).toEqual([
    "proxy_on_request_metadata",
    "proxy_on_request_metadata",
  ]);
  await stream.data("x", { end: true });
  const answer = stream.response();
  await host.clock.advance(5);
  await answer;
  expect(backend.last?.metadata).toEqual([[["a", "1"]]]);
  const heard = host.logs.map(({ text }) => text).filter((text) => text.includes("metadata"));
  expect(heard).toEqual([
    "in: request_metadata 1",
    "up: request_metadata 1",
    "up: response_metadata 1",
    "in: response_metadata 1",
  ]);
});

test("HTTP/1.1 has none", async () => {
  await using host = await createHost({
    plugins: [{ native: {} }],
    clusters: { backend: upstream() },
  });
  const stream = host.stream("GET http://a.test/");
  await expect(stream.metadata({ a: "1" })).rejects.toThrow("METADATA needs downstream h2");
});
