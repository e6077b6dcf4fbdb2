import { describe, expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

const clusters = () => ({
  backend: upstream().reply(200, { body: "ok" }),
  auth: upstream().after(5).reply(200),
});

test("a client that leaves during a guest call is heard of when the call is over", async () => {
  await using host = await probeHost({ args: "1", request_headers: "get 0 :path; get 0 :path" });
  const stream = host.stream("GET http://a.test/p");
  host.inject.before("proxy_get_header_map_value", () => stream.stream.abort());
  await stream.headers({ end: true });
  expect(lines(host).filter((line) => !/create|configure/.test(line))).toEqual([
    "request_headers(6, 1)",
    "request_headers get 0 :path = 0 '/p'",
    "request_headers get 0 :path = 0 '/p'",
    "log(2)",
    "done(2)",
    "delete(2)",
  ]);
  expect(stream.partial).toMatchObject({ status: 0, reset: true });
});

describe("trailers wait behind a body that is not read yet", () => {
  test.each([
    ["2 of the body callback", { request_headers: "call auth / 0", "request_body#1": "ret 2" }],
    ["4 of the headers callback", { request_headers: "call auth / 0; ret 4" }],
  ])("value %s", async (_name, script) => {
    await using host = await probeHost(
      { args: "1", ...script, "http_call#1": "eff; cont 0" },
      { bufferLimitBytes: 4, clusters: clusters() },
    );
    const seen = () => lines(host).filter((line) => /^request_(body|trailers)\(/.test(line));
    const stream = host.stream("POST http://a.test/");
    await stream.headers();
    await stream.data("aaaaaaaa");
    await stream.data("bb");
    await stream.trailers({ sum: "1" });
    expect(seen().filter((line) => !line.startsWith("request_body(8"))).toEqual([]);
    await host.clock.advance(5);
    expect(seen()).toEqual(["request_body(8, 0)", "request_body(2, 0)", "request_trailers(1)"]);
    const answer = await stream.response();
    expect(answer.upstream[0]).toMatchObject({ body: "aaaaaaaabb", trailers: [["sum", "1"]] });
  });
});
