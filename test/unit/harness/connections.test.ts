import { describe, expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { probeHost } from "./probe";

describe("a router that has to connect first", () => {
  const script = {
    "request_headers#1": "call auth / 0; ret 4",
    http_call: "eff; reply 401 no; cont 0",
  };

  test.each([
    ["open", 1],
    ["new", 0],
  ] as const)(
    "%s: a request given up at once is seen upstream %i times",
    async (connections, n) => {
      const backend = upstream().reply(200, { body: "ok" });
      await using host = await probeHost(script, {
        connections,
        clusters: { backend, auth: upstream().reply(200) },
      });
      const answer = await host.fetch("http://a.test/", { body: "x" }).settle();
      expect(answer.status).toBe(401);
      expect(backend.requests).toHaveLength(n);
      expect(answer.upstream).toHaveLength(n);
    },
  );

  test("what is edited meanwhile is sent, body and length complete", async () => {
    const late = {
      request_headers: "ret 1",
      "request_body#1": "ret 0",
      "request_body#2": "rep 0 x-late 1",
    };
    const sent = async (connections: "open" | "new") => {
      const backend = upstream().reply(200);
      await using host = await probeHost(late, {
        connections,
        clusters: { backend },
        plugin: { allowOnHeadersStopIteration: true },
      });
      await host.fetch("http://a.test/", { body: "hello" }).settle();
      return [backend.last?.headers.find(([name]) => name === "x-late")?.[1], backend.last?.body];
    };
    expect(await sent("new")).toEqual(["1", "hello"]);
    expect(await sent("open")).toEqual([undefined, "hello"]);
  });
});
