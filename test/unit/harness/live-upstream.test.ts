import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHost } from "proxy-wasm-test";
import { expect, test } from "vitest";

test("a live upstream keeps its base path and the trailers of its answer", async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { trailer: "x-sum", "x-path": request.url ?? "" });
    response.write("live");
    response.addTrailers({ "x-sum": "4" });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await using host = await createHost({
      plugins: [{ native: {} }],
      clusters: { backend: `http://127.0.0.1:${port}/base/` },
    });
    const answer = await host.fetch("http://a.test/x?q=1").settle();
    expect(answer.headers.pairs).toContainEqual(["x-path", "/base/x?q=1"]);
    expect(new TextDecoder().decode(answer.body)).toBe("live");
    expect(answer.trailers).toEqual([["x-sum", "4"]]);
  } finally {
    server.close();
  }
});

test("a client that leaves takes the real request with it", async () => {
  let left = () => undefined as void;
  const gone = new Promise<void>((resolve) => (left = resolve));
  const server = createServer((_request, response) => {
    response.write("begun");
    response.on("close", () => left());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await using host = await createHost({
      plugins: [{ native: {} }],
      clusters: { backend: `http://127.0.0.1:${port}` },
    });
    const stream = host.stream("GET http://a.test/");
    await stream.headers({ end: true });
    expect(stream.partial.status).toBe(200);
    await stream.abort();
    await gone;
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("an upstream that would need TLS is refused loudly", async () => {
  const clusters = { backend: "https://127.0.0.1:1/" };
  await expect(createHost({ plugins: [{ native: {} }], clusters })).rejects.toThrow("plain HTTP");
});
