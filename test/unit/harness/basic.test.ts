import { expect, test } from "vitest";
import { lines, probeHost } from "./probe";

test("a request passes through an idle plugin", async () => {
  await using host = await probeHost({ args: "1" });
  const answer = await host.fetch("http://a.test/v1?x=1", { headers: { "X-A": "1" }, body: "hi" });
  expect(answer.status).toBe(200);
  expect(answer.text()).toBe("ok");
  expect(answer.local).toBe(false);
  expect(answer.details).toBe("via_upstream");
  expect(answer.upstream[0]).toMatchObject({
    method: "POST",
    path: "/v1?x=1",
    authority: "a.test",
    body: "hi",
  });
  expect(lines(host)).toEqual([
    "configure(7)",
    "create(2, 1)",
    "request_headers(8, 0)",
    "request_body(2, 0)",
    "request_body(0, 1)",
    "response_headers(3, 0)",
    "response_body(2, 0)",
    "response_body(0, 1)",
    "log(2)",
    "done(2)",
    "delete(2)",
  ]);
});

test("a local reply denies", async () => {
  await using host = await probeHost({ request_headers: "reply 401 no some_SP_details x-a=1" });
  const answer = await host.fetch("http://a.test/");
  expect(answer.status).toBe(401);
  expect(answer.text()).toBe("no");
  expect(answer.local).toBe(true);
  expect(answer.details).toBe("some_details");
  expect(answer.headers.pairs.map(([name]) => name)).toEqual([
    "x-a",
    "content-length",
    "content-type",
    "date",
    "server",
  ]);
  expect(answer.upstream).toEqual([]);
});
