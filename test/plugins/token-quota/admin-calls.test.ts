import type { ClientResponse, Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { callsOf, describeCall, METHODS, piecesOf, type Call } from "./admin-matrix.js";
import {
  CHAT,
  PEER,
  QUOTA,
  SHARED,
  admin,
  balance,
  countSeen,
  gateway,
  higress,
  refill,
} from "./support.js";

// An admin call never reaches the upstream and never hangs, whatever it looks like.

const EXTENDED = { admin_extensions: true, usage_report: true };
const gateways: [string, object, "higress-2.2" | null][] = [
  ["Envoy, shared data", { ...SHARED, ...EXTENDED }, null],
  ["Envoy, body_hold off", { ...SHARED, ...EXTENDED, body_hold: false }, null],
  ["Higress, Redis", PEER, "higress-2.2"],
];

describe.each(gateways)("%s", (_name, config, profile) => {
  test.each(METHODS)("%s is answered here", async (method) => {
    const options = { trace: false, bufferLimitBytes: 4 << 20 };
    const host = profile ? (await higress(config, options)).host : await gateway(config, options);
    for (const call of callsOf(method, profile !== null)) {
      const reply = await send(host, method, call);
      if (!reply.local) expect(`${describeCall(call)}: ${reply.status} of the upstream`).toBe("");
      expect([200, 400, 403, 503], describeCall(call)).toContain(reply.status);
    }
    expect(countSeen(host)).toBe(0);
    await host.close();
  });
});

function send(host: Host, method: string, call: Call): Promise<ClientResponse> {
  const { path, bytes, headers, shape } = call;
  const request = host.fetch(`/any/prefix${QUOTA}${path}`, {
    method,
    headers: { "x-mse-consumer": "admin", ...headers },
    ...(bytes === null ? {} : { chunks: piecesOf(call) }),
    framing: shape === "whole" ? "content-length" : "chunked",
    ...(shape === "trailers" ? { trailers: [["x-t", "1"]] as [string, string][] } : {}),
  });
  return request.settle(60_000);
}

const NOT_ADMIN = "Request denied by ai quota check. Unauthorized admin consumer.";

describe("who may", () => {
  const calls: [string, string | undefined][] = [
    ["?consumer=bob", undefined],
    ["/refresh", "consumer=bob&quota=5"],
    ["/delta", "consumer=bob&value=5"],
    ["/list", undefined],
    ["/report", undefined],
  ];
  const config = { ...SHARED, admin_extensions: true, usage_report: true };

  test.each(calls)("%s: nobody but the admin consumer", async (path, body) => {
    const host = await gateway(config);
    const reply = await admin(host, path, body, { headers: { "x-mse-consumer": "bob" } });
    expect([reply.status, reply.details, reply.text()]).toEqual([
      403,
      "ai-quota.unauthorized",
      NOT_ADMIN,
    ]);
    expect(await balance(host, "bob")).toBe(0);
    await host.close();
  });

  test.each(calls)("%s: with admin_token also whoever knows it", async (path, body) => {
    const host = await gateway({ ...config, admin_token: "s3cret" });
    for (const [token, status] of [
      [null, 403],
      ["", 403],
      ["s3cre", 403],
      ["S3cret", 403],
      ["s3cret", 200],
    ] as const) {
      const headers: Record<string, string> =
        token === null ? {} : { "x-quota-admin-token": token };
      const reply = await admin(host, path, body, { headers });
      expect(`${token} ${reply.status}`).toBe(`${token} ${status}`);
    }
    await host.close();
  });

  test.each(["refresh", "delta"])("%s is refused when its body is complete", async (call) => {
    const { host, redis } = await higress(PEER);
    const stream = host.stream(`POST ${QUOTA}/${call}`, {
      headers: { "x-mse-consumer": "bob" },
      framing: "chunked",
    });
    expect(await stream.headers()).toMatchObject({ action: "StopIteration" });
    const first = await stream.data("consumer=bob&");
    expect(first.callbacks.map(({ action }) => action)).toEqual(["StopIterationAndBuffer"]);
    await stream.data("quota=3", { end: true });
    expect((await stream.response()).text()).toBe(NOT_ADMIN);
    expect(redis.commands).toEqual([]);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each<[string, object, Record<string, string>]>([
    ["there is none", {}, { "content-length": "0" }],
    ["it is not read", { body_hold: false }, { "content-length": "20" }],
    ["it is compressed", {}, { "content-length": "20", "content-encoding": "gzip" }],
    ["it is binary", {}, { "content-length": "20", "content-type": "application/octet-stream" }],
    ["it never ends", {}, { connection: "Upgrade", upgrade: "websocket" }],
  ])("a change without its body is refused at once: %s", async (_what, more, headers) => {
    const host = await gateway({ ...SHARED, ...more });
    const stream = host.stream(`POST ${QUOTA}/refresh`, {
      headers: { "x-mse-consumer": "bob", ...headers },
    });
    await stream.headers({ end: headers["content-length"] === "0" });
    expect((await stream.response()).text()).toBe(NOT_ADMIN);
    await host.close();
  });

  test.each([
    ["64 KiB and more", "consumer=bob&quota=1&".repeat(4000), false],
    ["none but trailers", "", true],
    ["no parameters", "hello", false],
  ])("a stranger learns nothing of the body: %s", async (_what, body, hasTrailers) => {
    const host = await gateway(SHARED);
    const stream = host.stream(`POST ${QUOTA}/refresh`, {
      headers: { "x-mse-consumer": "bob" },
      framing: "chunked",
    });
    await stream.headers();
    if (body !== "") await stream.data(body, { end: !hasTrailers });
    if (hasTrailers) await stream.trailers({ "x-t": "1" });
    expect((await stream.response()).text()).toBe(NOT_ADMIN);
    await host.close();
  });
});

test.each([
  ["as the peer has it", {}],
  ["of the configuration", { default_quota: 100, period: "month" }],
])("a balance %s does not wrap around in shared data", async (_what, more) => {
  const host = await gateway({ ...SHARED, ...more });
  const largest = "9223372036854775807";
  await admin(host, "/refresh", `consumer=bob&quota=${largest}`);
  const reply = await admin(host, "/delta", "consumer=bob&value=1");
  expect([reply.status, reply.text()]).toEqual([
    503,
    "redis error:ERR increment or decrement would overflow",
  ]);
  expect((await admin(host, "?consumer=bob")).text()).toContain(largest);
  await host.close();
});

describe("parameters in the query string", () => {
  test.each([
    ["no body", undefined, "POST"],
    ["an empty body", "", "POST"],
    ["GET", undefined, "GET"],
  ])("count with %s", async (_what, body, method) => {
    const host = await gateway(SHARED);
    expect((await admin(host, "/refresh?consumer=bob&quota=7", body, { method })).status).toBe(200);
    expect((await admin(host, "/delta?consumer=bob&value=-9", body, { method })).status).toBe(200);
    expect(await balance(host, "bob")).toBe(-2);
    await host.close();
  });

  test("do not count beside a body, as in the peer", async () => {
    const host = await gateway(SHARED);
    await admin(host, "/refresh?consumer=eve&quota=7", "consumer=bob&quota=1");
    expect([await balance(host, "bob"), await balance(host, "eve")]).toEqual([1, 0]);
    expect((await admin(host, "/refresh?consumer=eve&quota=7", "consumer=bob")).status).toBe(403);
    await host.close();
  });

  test("are the only ones with body_hold: false, and a body alone is told so", async () => {
    const host = await gateway({ ...SHARED, body_hold: false });
    const reply = await admin(host, "/refresh", "consumer=bob&quota=5");
    expect([reply.status, reply.text()]).toEqual([
      400,
      "Request denied by ai quota check. body_hold is off, put the parameters into the query string.",
    ]);
    expect((await admin(host, "/refresh?consumer=bob&quota=5", "consumer=eve")).status).toBe(200);
    expect(await balance(host, "bob")).toBe(5);
    await host.close();
  });
});

describe("admin_extensions", () => {
  const config = { ...SHARED, admin_extensions: true };

  test.each([
    ["a number", '{"consumer":"bob","quota":5}', 200, 5],
    ["digits", ' {"consumer":"bob","quota":"5"}', 200, 5],
    ["a negative number", '{"quota":-5,"consumer":"bob"}', 200, -5],
    ["a name with escapes", String.raw`{"consumer":"\u0062ob","quota":5}`, 200, 5],
    ["a fraction", '{"consumer":"bob","quota":5.5}', 403, 0],
    ["an exponent", '{"consumer":"bob","quota":1e3}', 403, 0],
    ["a number of 20 digits", '{"consumer":"bob","quota":10000000000000000000}', 403, 0],
    ["null", '{"consumer":"bob","quota":null}', 403, 0],
    ["a list", '{"consumer":["bob"],"quota":5}', 403, 0],
    ["broken JSON", '{"consumer":"bob","quota":5', 403, 0],
    ["a form all the same", "consumer=bob&quota=5", 200, 5],
  ])("a JSON body with %s", async (_what, body, status, expected) => {
    const host = await gateway(config);
    expect((await admin(host, "/refresh", body)).status).toBe(status);
    expect(await balance(host, "bob")).toBe(expected);
    await host.close();
  });

  test("DELETE takes the balance away", async () => {
    const host = await gateway(config);
    await refill(host, "bob", 5);
    const reply = await admin(host, "?consumer=bob", undefined, { method: "DELETE" });
    expect([reply.status, reply.details, reply.text()]).toEqual([
      200,
      "ai-quota.deletequota",
      "delete quota successful",
    ]);
    expect(await balance(host, "bob")).toBe(0);
    await host.close();
  });

  test("without them DELETE is a query, and JSON no body", async () => {
    const host = await gateway(SHARED);
    await refill(host, "bob", 5);
    const reply = await admin(host, "?consumer=bob", undefined, { method: "DELETE" });
    expect(reply.text()).toBe('{"consumer":"bob","quota":5}');
    expect((await admin(host, "/refresh", '{"consumer":"bob","quota":7}')).status).toBe(403);
    expect((await admin(host, "?consumer=bob&verbose=1")).text()).toBe(reply.text());
    await host.close();
  });

  test("a list is no admin call without them: it passes like any other path", async () => {
    const host = await gateway(SHARED);
    expect((await admin(host, "/list")).local).toBe(false);
    expect((await admin(host, "/report")).local).toBe(false);
    await host.close();
  });
});

test("an answer the host does not take holds the request for ever", async () => {
  const host = await gateway(SHARED, { strict: "off" });
  for (const [path, body] of [
    ["", null],
    ["/refresh", "consumer=bob&quota=5"],
  ] as const) {
    host.inject.status("proxy_send_local_response", 10);
    const stream = host.stream(`POST ${QUOTA}${path}`, {
      headers: { "x-mse-consumer": "admin" },
      framing: "chunked",
    });
    await stream.headers({ end: body === null });
    if (body !== null) {
      await stream.data(body);
      await stream.trailers({ "x-t": "1" });
    }
    expect(stream.state.paused).toBe(true);
    await stream.abort();
  }
  expect(countSeen(host)).toBe(0);
  await host.close();
});

test("a request on the admin path of another base is an ordinary one", async () => {
  const host = await gateway(SHARED);
  const headers = { "x-mse-consumer": "admin" };
  expect((await host.fetch("/v1/messages/quota", { headers })).local).toBe(false);
  expect((await host.fetch(`${CHAT}/quota/`, { headers })).local).toBe(true);
  expect((await host.fetch(`${CHAT}/%71uota?consumer=a`, { headers })).local).toBe(true);
  expect((await host.fetch(`/v1//chat/./x/../completions/quota?consumer=a`, { headers })).local).toBe(true); // prettier-ignore
  await host.close();
});
