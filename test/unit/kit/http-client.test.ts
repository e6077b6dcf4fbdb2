import { createHost, upstream, type Host, type Upstream } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("plugin", "envoy");
});

const SECRET = "sk-do-not-log";

async function hostWith(check: Upstream): Promise<Host> {
  return await createHost({
    plugins: [{ wasm, name: "driver" }],
    clusters: { backend: upstream().reply(200), check },
    logLevel: "trace",
  });
}

const call = (headers: Record<string, string> = {}) => ({
  headers: { "x-cluster": "check", "x-url": "/v1", "x-secret": SECRET, ...headers },
});

describe("what a cluster is sent", () => {
  it("has the caller's headers, but :method, :path and :authority of the client", async () => {
    const check = upstream().reply(200, { body: "ok" });
    await using host = await hostWith(check);
    await host.fetch("/http", call({ "x-url": "https://a.test:1/p%20q?x=1", "x-body": "hello" }));

    const sent = host.callouts[0]!;
    // A gateway puts pseudo headers first, wherever they were in the call.
    expect(sent.headers).toEqual([
      [":method", "POST"],
      [":path", "/p q?x=1"],
      [":authority", "a.test:1"],
      ["x-first", "1"],
      ["x-secret", SECRET],
      ["x-first", "2"],
    ]);
    expect(check.last?.body).toBe("hello");
  });

  it("names the cluster's host when the URL has none", async () => {
    const check = upstream().reply(200);
    await using host = await hostWith(check);
    await host.fetch("/http", call({ "x-host": "check.test" }));
    expect(check.last?.authority).toBe("check.test");
  });

  it("names unknownhost when nobody knows a host", async () => {
    const check = upstream().reply(200);
    await using host = await hostWith(check);
    await host.fetch("/http", call());
    expect(check.last?.authority).toBe("unknownhost");
  });

  it("waits half a second for the answer unless told otherwise", async () => {
    await using host = await hostWith(upstream().reply(200));
    await host.fetch("/http", call());
    await host.fetch("/http", call({ "x-timeout": "1234" }));
    await host.fetch("/http", call({ "x-timeout": "0" }));
    expect(host.callouts.map(({ timeoutMs }) => timeoutMs)).toEqual([500, 1234, 0]);
  });
});

describe("what the owner is told", () => {
  it("is status and body of the answer, with the tag of the call", async () => {
    await using host = await hostWith(upstream().reply(201, { body: "made" }));
    const answer = await host.fetch("/http", call());
    expect(answer.text()).toBe("7 201 made");
  });

  it("is 503 when the connection is refused", async () => {
    await using host = await hostWith(upstream().refuse());
    expect((await host.fetch("/http", call())).text()).toMatch(/^7 503 /);
  });

  it("is 504 when no answer comes in time", async () => {
    await using host = await hostWith(upstream().never());
    const answer = await host.fetch("/http", call()).advance(500);
    expect(answer.text()).toMatch(/^7 504 /);
  });

  it("is 502 when the answer breaks off", async () => {
    const cut = upstream().reply(200, { chunks: ["half", "rest"], cutAfter: 1 });
    await using host = await hostWith(cut);
    expect((await host.fetch("/http", call())).text()).toMatch(/^7 502 /);
  });

  it("is nothing once its stream is gone", async () => {
    await using host = await hostWith(upstream().after(100).reply(200));
    const stream = host.stream("/http", call());
    await stream.headers({ end: true });
    await stream.abort();
    await host.clock.advance(200);
    expect(host.callouts[0]?.outcome).toBe("200");
    expect(host.violations).toEqual([]);
    expect((await host.fetch("/other")).status).toBe(200);
  });
});

describe("a call that cannot be made is refused at once", () => {
  const REFUSED = "error status returned by host: ";

  it("for a cluster the gateway does not know", async () => {
    await using host = await hostWith(upstream().reply(200));
    const answer = await host.fetch("/http", call({ "x-cluster": "nobody" }));
    expect([answer.status, answer.text()]).toEqual([503, `${REFUSED}bad argument`]);
  });

  it("for a cluster without a usable host", async () => {
    await using host = await hostWith(upstream().noEndpoints());
    const answer = await host.fetch("/http", call());
    expect([answer.status, answer.text()]).toEqual([503, `${REFUSED}internal failure`]);
  });

  it("for a header value with a line break", async () => {
    const check = upstream().reply(200);
    await using host = await hostWith(check);
    const answer = await host.fetch("/http", call({ "x-broken": "yes" }));
    expect([answer.status, answer.text()]).toEqual([503, `${REFUSED}bad argument`]);
    expect(check.requests).toEqual([]);
  });

  it("for a URL that is none, with a critical line that does not repeat it", async () => {
    await using host = await hostWith(upstream().reply(200));
    const answer = await host.fetch("/http", call({ "x-url": `:bad?key=${SECRET}` }));
    expect(answer.text()).toBe(`${REFUSED}bad argument`);
    expect(host.logs.filter(({ level }) => level === "critical").map(({ text }) => text)).toEqual([
      "invalid rawURL for cluster check",
    ]);
  });
});

it("logs neither header values nor bodies, at any level", async () => {
  await using host = await hostWith(upstream().reply(500, { body: `echo ${SECRET}` }));
  await host.fetch("/http", call({ "x-body": SECRET }));
  expect(host.callouts).toHaveLength(1);
  expect(JSON.stringify(host.logs)).not.toContain(SECRET);
});
