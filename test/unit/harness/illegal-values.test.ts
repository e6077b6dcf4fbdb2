import { describe, expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

const ILLEGAL = [
  ["CR", "a\\rb", "a\rb"],
  ["LF", "a\\nb", "a\nb"],
  ["NUL", "a\\0b", "a\0b"],
] as const;

describe("values no header may have", () => {
  test.each(ILLEGAL)(
    "%s in a local reply reaches the client, as in Envoy; S10",
    async (_, op, value) => {
      await using host = await probeHost(
        { request_headers: `reply 403 no why x=${op}` },
        { strict: "error" },
      );
      const answer = await host.fetch("http://a.test/");
      expect(answer.headers.get("x")).toBe(value);
      expect(host.violations.map(({ rule }) => rule)).toEqual(["S10"]);
    },
  );

  test.each(ILLEGAL)("%s in a call-out over an open connection is refused; S10", async (_, op) => {
    const auth = upstream().reply(200);
    await using host = await probeHost(
      { request_headers: `call auth /x 0 body ,x=${op}` },
      { strict: "error", clusters: { backend: upstream().reply(200), auth } },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(lines(host)).toEqual([`request_headers call auth /x 0 body ,x=${op} = 10 0`]);
    expect(auth.requests).toEqual([]);
    expect(host.calls("proxy_http_call").last?.outcome).toBe("refused");
    expect(host.violations.map(({ rule }) => rule)).toEqual(["S10"]);
  });

  test.each(ILLEGAL)("%s in a call-out over a new one is answered 503; S10", async (_, op) => {
    const auth = upstream().reply(200);
    await using host = await probeHost(
      {
        request_headers: `call auth /x 0 body ,x=${op}; ret 4`,
        http_call: "get 6 :status; buf 4 0 99; eff; cont 0",
      },
      { strict: "error", connections: "new", clusters: { backend: upstream().reply(200), auth } },
    );
    expect((await host.fetch("http://a.test/").settle()).status).toBe(200);
    expect(lines(host).slice(0, 3)).toEqual([
      `request_headers call auth /x 0 body ,x=${op} = 0 4`,
      "http_call get 6 :status = 0 '503'",
      "http_call buf 4 0 99 = 0 'invalid header value for: x'",
    ]);
    expect(auth.requests).toEqual([]);
    expect(host.calls("proxy_http_call").last?.outcome).toBe("503");
    expect(host.violations.map(({ rule }) => rule)).toEqual(["S10"]);
  });
});
