import { describe, expect, test } from "vitest";
import { upstream, type Host } from "../../harness/src";
import { config, lines, probe, probeHost, type ProbeOptions, type Script } from "./probe";

// Above the buffer limit an answer that is collected under value 2 or 4 is not read any further
// (harness.md 6.11), as a request is not.

const URL = "http://a.test/";
const bodies = (host: Host) => lines(host).filter((line) => line.startsWith("response_body("));
const rules = (host: Host) => host.violations.map(({ rule }) => rule);

function limited(script: Script, options: ProbeOptions = {}): Promise<Host> {
  return probeHost(
    { args: "1", ...script },
    {
      bufferLimitBytes: 3,
      clusters: {
        backend: upstream().reply(200, { chunks: ["AB", "CD", "EF"] }),
        auth: upstream().after(10).reply(200),
      },
      ...options,
    },
  );
}

describe("an answer above the limit", () => {
  test("value 2: a plugin that waits for its end waits for ever", async () => {
    const routes = [{ cluster: "backend", timeoutMs: 0 }];
    await using host = await limited(
      { response_headers: "ret 1", response_body: "ret 2" },
      { routes, strict: "error", plugin: { allowOnHeadersStopIteration: true } },
    );
    await expect(host.fetch(URL)).rejects.toThrow("S29");
    expect(bodies(host)).toEqual(["response_body(2, 0)", "response_body(2, 0)"]);
    host.violations.length = 0;
  });

  test("value 2: the route's timeout ends the wait, and says what was wrong", async () => {
    await using host = await limited(
      { response_headers: "ret 1", response_body: "ret 2" },
      { plugin: { allowOnHeadersStopIteration: true }, strict: "warn" },
    );
    const answer = await host.fetch(URL).advance(15_000);
    expect(answer).toMatchObject({ status: 504, details: "response_timeout", local: true });
    expect(rules(host)).toEqual(["S29"]);
  });

  test("value 2 after the headers went out: the timeout cuts the answer off", async () => {
    await using host = await limited({ response_body: "ret 2" });
    const answer = await host.fetch(URL).advance(15_000);
    expect(answer).toMatchObject({ status: 200, details: "response_timeout", reset: true });
  });

  test("value 4: reading goes on when what was collected has gone on", async () => {
    await using host = await limited({
      response_headers: "call auth / 0; ret 4",
      http_call: "eff; cont 1",
    });
    const answer = await host.fetch(URL).advance(10);
    expect(bodies(host).map((line) => line.slice("response_body".length))).toEqual([
      "(4, 0)",
      "(2, 0)",
      "(0, 1)",
    ]);
    expect(answer.text()).toBe("ABCDEF");
  });

  test("exactly at the limit is not above it", async () => {
    await using host = await limited(
      { response_headers: "call auth / 0; ret 4", http_call: "eff; cont 1" },
      { bufferLimitBytes: 6 },
    );
    await host.fetch(URL).advance(10);
    expect(bodies(host)).toEqual(["response_body(6, 1)"]);
  });

  test("an HTTP/2 answer that ends with what is too much has ended", async () => {
    await using host = await limited(
      { response_headers: "call auth / 0; ret 4", http_call: "eff; cont 1" },
      { bufferLimitBytes: 5, upstreamProtocol: "h2" },
    );
    await host.fetch(URL).advance(10);
    expect(bodies(host)).toEqual(["response_body(6, 1)"]);
  });

  test("the end of a connection is read after the body, that of an HTTP/2 stream at once", async () => {
    const cut = (upstreamProtocol: "h1" | "h2") =>
      limited(
        { response_headers: "ret 4" },
        {
          upstreamProtocol,
          clusters: {
            backend: upstream().reply(200, { chunks: ["AB", "CD", "EF"], cutAfter: 3 }),
          },
        },
      );
    await using h1 = await cut("h1");
    expect((await h1.fetch(URL).settle()).details).toBe("response_timeout");
    await using h2 = await cut("h2");
    expect((await h2.fetch(URL).settle()).details).toMatch(/^upstream_reset_after_response_start/);
  });
});

test("a limit that is raised lets reading go on", async () => {
  await using host = await limited(
    {
      response_headers: "call auth / 0; call later / 0; ret 4",
      "http_call#1": "eff; setprop set_encoder_buffer_limit 100",
      "http_call#2": "eff; cont 1",
    },
    {
      profile: "higress-2.2",
      clusters: {
        backend: upstream().reply(200, { chunks: ["AB", "CD", "EF"] }),
        auth: upstream().after(10).reply(200),
        later: upstream().after(20).reply(200),
      },
    },
  );
  const answer = await host.fetch(URL).advance(20);
  expect(bodies(host)).toEqual(["response_body(6, 1)"]);
  expect(answer.text()).toBe("ABCDEF");
});

describe("an upstream filter that collects above the limit", () => {
  // A filter of the client's stream that lets everything by, around one of the cluster.
  const around = (script: Script) => {
    const filter = {
      name: "up",
      wasm: probe,
      config: config({ args: "1", ...script }),
      vmId: "up",
    };
    const backend = upstream()
      .filters({ ...filter, allowOnHeadersStopIteration: true })
      .reply(200, { chunks: ["AB", "CD", "EF"] });
    return limited({ args: "1" }, { clusters: { backend } });
  };
  const ofCluster = (host: Host) =>
    host.logs
      .filter(({ plugin, text }) => plugin === "up" && text.includes("_body("))
      .map(({ text }) => text);

  test("of the answer: it is not read any further", async () => {
    await using host = await around({ response_headers: "ret 1", response_body: "ret 2" });
    const answer = await host.fetch(URL).advance(15_000);
    expect(answer).toMatchObject({ status: 504, details: "response_timeout" });
    expect(ofCluster(host)).toEqual(["response_body(2, 0)", "response_body(2, 0)"]);
  });

  test("of the request: the client is not read any further", async () => {
    await using host = await around({ request_headers: "ret 1", request_body: "ret 2" });
    const sent = { chunks: ["AB", "CD", "EF"], framing: "chunked" } as const;
    await expect(host.fetch(URL, sent)).rejects.toThrow("S29");
    expect(ofCluster(host)).toEqual(["request_body(2, 0)", "request_body(2, 0)"]);
  });
});
