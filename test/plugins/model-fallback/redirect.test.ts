import { createHost, upstream, type Json, type NativeFilter } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { AGAIN, BODY, CHAT, CONFIG, pass } from "./redirect-pass.js";

// Strategy `redirect`: Higress's console sends a failed request through all filters again. Each test
// is one pass, as Higress would make it.

describe("the first pass", () => {
  test("asks the first target, and saves what Higress restores", async () => {
    const { header, body, answer } = await pass({});
    expect(header("authorization")).toBe("Bearer sk-own");
    expect(header(":authority")).toBe("own.internal");
    expect(header("x-envoy-original-path")).toBe("/v1/chat/completions");
    expect(header("x-envoy-original-host")).toBe("a.test");
    expect(header("x-hi-original-auth")).toBe("Bearer client");
    expect(header("x-model-fallback-hop")).toBe("1");
    expect(body).toEqual(BODY);
    expect(answer.headers.get("x-llm-target")).toBe("own");
    expect(answer.headers.get("x-fallback-attempts")).toBe("1");
    expect(answer.headers.get("x-fallback-from")).toBeNull();
  });

  test("leaves what another plugin saved", async () => {
    expect(
      (await pass({ "x-hi-original-auth": "Bearer first" })).header("x-hi-original-auth"),
    ).toBe("Bearer first");
  });

  test("believes nothing that only this plugin says", async () => {
    const forged = { "x-llm-target": "f", "x-fallback-reason": "f", "x-envoy-max-retries": "9" };
    const names = ["hedge-on-per-try-timeout"];
    const orders = Object.fromEntries(names.map((name) => [`x-envoy-${name}`, "true"]));
    const { header } = await pass({ ...forged, ...orders });
    const seen = Object.keys({ ...forged, ...orders }).map(header);
    expect(seen).toEqual([null, null, null, null]);
  });

  test("a body that is too long passes, or is refused", async () => {
    const long = JSON.stringify({ ...BODY, user: "x".repeat(2000) });
    const { header, body } = await pass({}, undefined, long, { maxBodyBytes: 1024 });
    expect([header("authorization"), body]).toEqual(["Bearer sk-own", JSON.parse(long)]);
    expect(header("x-hi-original-auth")).toBe("Bearer client");
    const again = await pass(AGAIN, undefined, long, { maxBodyBytes: 1024 });
    expect(again.header("authorization")).toBe("Bearer sk-spare");
    expect(again.header("x-model-fallback-hop")).toBe("2");
    const strict = { maxBodyBytes: 1024, onBodyTooLarge: "reject" };
    const { answer } = await pass({}, undefined, long, strict);
    expect([answer.status, answer.upstream.length]).toEqual([413, 0]);
    expect(answer.json()).toMatchObject({ error: { code: "request_too_large" } });
  });

  test("a failure goes on to Higress as it is, and is counted", async () => {
    const { answer } = await pass({}, upstream().reply(503, { body: "busy" }));
    expect([answer.status, answer.text()]).toEqual([503, "busy"]);
    expect(answer.headers.get("x-llm-target")).toBeNull();
  });
});

describe("an answer that is no target's", () => {
  const behind = (status: number, details = "someone_else"): NativeFilter => ({
    name: "behind",
    native: {
      requestHeaders: (_headers, _end, control) => {
        control.reply(status, { body: "mine", details });
        return "StopIteration";
      },
    },
  });

  test.each([200, 403])("a %d of another plugin names none", async (status) => {
    const { answer, metrics } = await pass({}, undefined, undefined, {}, [behind(status)]);
    expect([answer.status, answer.text()]).toEqual([status, "mine"]);
    for (const name of ["x-llm-target", "x-llm-model", "x-fallback-attempts"])
      expect(answer.headers.get(name)).toBeNull();
    expect(metrics["model_fallback.0.own.success"]).toBe(0);
  });

  test("the gateway's patience with a silent stream says nothing of a target", async () => {
    const silent = behind(504, "stream_idle_timeout");
    const more = { breaker: { failures: 1 } };
    const { answer, metrics } = await pass({}, undefined, undefined, more, [silent]);
    expect([answer.status, metrics["model_fallback.0.own.fail.timeout"]]).toEqual([504, 0]);
    expect(metrics["model_fallback.0.own.breaker_opened"]).toBe(0);
  });

  test("one of the router's that counts for nothing is a failure of its target, and of no breaker", async () => {
    const errors = { onConnectFailure: false };
    const more = { errors, breaker: { failures: 1 } };
    const { answer, metrics } = await pass({}, upstream().refuse(), undefined, more);
    expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([503, null]);
    expect(metrics).toMatchObject({ "model_fallback.0.own.fail.connect": 1 });
    expect(metrics["model_fallback.0.own.breaker_opened"]).toBe(0);
  });
});

describe("a further pass", () => {
  test("asks the next target, and says where the request comes from", async () => {
    const { header, body, answer } = await pass(AGAIN);
    expect(header("authorization")).toBe("Bearer sk-spare");
    expect(header(":path")).toBe("/spare/chat");
    expect(header("x-model-fallback-hop")).toBe("2");
    expect(header("x-hi-original-auth")).toBeNull(); // only the first pass saves
    expect(body).toEqual({ ...BODY, model: "spare-7b" });
    expect(answer.headers.get("x-fallback-from")).toBe(AGAIN["x-higress-fallback-from"]);
    expect(answer.headers.get("x-fallback-attempts")).toBe("2");
    expect(answer.headers.get("x-fallback-reason")).toBe("no_response"); // nobody told this pass
    expect(answer.headers.get("x-llm-model")).toBe("spare-7b");
  });

  test("Higress's own header stays, also where it is one that clients are told", async () => {
    const { header, answer } = await pass(AGAIN, undefined, undefined, {
      expose: { compat: true },
    });
    expect(header("x-higress-fallback-from")).toBe(AGAIN["x-higress-fallback-from"]);
    expect(answer.headers.get("x-higress-fallback-from")).toBe(AGAIN["x-higress-fallback-from"]);
  });

  test("without a count it is the second", async () => {
    const { header } = await pass({ "x-higress-fallback-from": "r" });
    expect(header("authorization")).toBe("Bearer sk-spare");
  });

  test("the third target comes third, and nobody gets the client's key", async () => {
    const { header, body } = await pass({ ...AGAIN, "x-model-fallback-hop": "2" });
    expect(header("authorization")).toBeNull();
    expect(body).toEqual({ ...BODY, model: "online-max" });
  });

  test("the client's own key goes as far as authenticators of a further pass, and not on", async () => {
    const saved = { ...AGAIN, "x-hi-original-auth": "Bearer client" };
    expect((await pass(saved)).header("x-hi-original-auth")).toBe("Bearer client");
    const last = await pass({ ...saved, "x-model-fallback-hop": "2" });
    expect(last.header("x-hi-original-auth")).toBeNull();
  });

  test.each(["99", "-1", "x", ""])("a count of %j does no harm", async (hop) => {
    const { answer } = await pass({ ...AGAIN, "x-model-fallback-hop": hop });
    expect(answer.status).toBe(200);
  });

  test("behind the last target there is nobody to ask", async () => {
    const { answer } = await pass({ ...AGAIN, "x-model-fallback-hop": "3" });
    expect([answer.status, answer.upstream.length]).toEqual([503, 0]);
  });
});

describe("targets that are not for a request", () => {
  const stream = JSON.stringify({ ...BODY, stream: true });
  const [own, spare, online] = CONFIG["targets"] as Record<string, Json>[];
  const targets = [
    { ...own, when: { stream: false } },
    { ...spare, maxBodyBytes: 10 },
    online!,
  ] as Json[];

  test("are left out of the first pass, which says who it is and why", async () => {
    const { header, body, answer } = await pass({}, undefined, stream, { targets });
    expect(body).toEqual({ ...BODY, model: "online-max", stream: true });
    expect(header("x-model-fallback-hop")).toBe("3");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-llm-target": "online",
      "x-fallback-attempts": "1",
      "x-fallback-from": "own",
      "x-fallback-reason": "not_eligible",
    });
  });

  test("and of a further one, whose attempts they are not", async () => {
    const { body, answer } = await pass(AGAIN, undefined, JSON.stringify(BODY), { targets });
    expect(body).toEqual({ ...BODY, model: "online-max" });
    expect(answer.headers.get("x-fallback-attempts")).toBe("2");
  });

  test("with none left a further pass is answered; the first asks the first target", async () => {
    const some = { targets: targets.slice(0, 2) };
    const { answer } = await pass(
      { ...AGAIN, authorization: "Bearer sk-own" },
      undefined,
      stream,
      some,
    );
    expect([answer.status, answer.upstream.length]).toEqual([503, 0]);
    expect(answer.json()).toMatchObject({ error: { code: "all_targets_failed" } });
    const first = await pass({}, undefined, stream, some);
    expect(first.header("authorization")).toBe("Bearer sk-own");
  });
});

describe("what the pass before added", () => {
  // As the first pass left the headers.
  const left = { ...AGAIN, authorization: "Bearer sk-own", "x-provider-key": "sk-one" };
  const saved = { ...left, "x-hi-original-auth": "Bearer client" };
  const header = { type: "header", header: "x-provider-key", apiTokens: ["sk-one"] };
  const one = { name: "one", auth: header, headers: { set: { "x-secret": "s" } } };
  const sentTo = async (second: Json, from: Record<string, string> = saved, body?: string) =>
    pass({ ...from, "x-secret": "s" }, undefined, body, {
      targets: [one, second],
      maxBodyBytes: 1024,
    });

  test("reaches no other target", async () => {
    const { header } = await sentTo({ name: "two", auth: { apiTokens: ["sk-two"] } });
    expect(header("authorization")).toBe("Bearer sk-two");
    expect([header("x-provider-key"), header("x-secret")]).toEqual([null, null]);
  });

  test("a target that keeps the client's credential gets the client's", async () => {
    const keep = { name: "two", auth: { type: "keep" } };
    expect((await sentTo(keep)).header("authorization")).toBe("Bearer client");
    expect((await sentTo(keep, left)).header("authorization")).toBeNull();
  });

  test("also of a body that is too long, and with no target left for that", async () => {
    const long = JSON.stringify({ ...BODY, user: "x".repeat(2000) });
    for (const hop of ["1", "2"]) {
      const from = { ...saved, "x-model-fallback-hop": hop };
      const { header, answer } = await sentTo({ name: "two" }, from, long);
      expect(answer.upstream).toHaveLength(1);
      const names = ["authorization", "x-provider-key", "x-secret"];
      expect(names.map(header)).toEqual([null, null, null]);
    }
  });
});

describe("a target that is left alone", () => {
  test("its pass ends at once, so that Higress makes the next; it is probed, and comes back", async () => {
    let status = 503;
    const backend = upstream().handle(() => ({ status, json: {} }));
    let left: { get(name: string): string | undefined } | null = null;
    const breaker = { failures: 1, openSeconds: 10, closeAfter: 1 };
    await using host = await createHost({
      profile: "higress-2.2",
      plugins: [
        {
          name: "before",
          native: {
            requestHeaders: (headers) => {
              left = headers;
              return "Continue";
            },
          },
        },
        { wasm: "build/higress/model-fallback.wasm", config: { ...CONFIG, breaker } },
      ],
      clusters: { backend },
    });
    const ask = (more: Record<string, string> = {}) => {
      const headers = { "content-type": "application/json", authorization: "Bearer client" };
      const body = JSON.stringify(BODY);
      return host.fetch(CHAT, { method: "POST", headers: { ...headers, ...more }, body }).settle();
    };
    const target = async (hop: string) =>
      (await ask({ ...AGAIN, "x-model-fallback-hop": hop })).headers.get("x-llm-target");
    const metric = (name: string) => host.metrics.all[`model_fallback.0.${name}`] ?? 0;

    expect((await ask()).status).toBe(503);
    expect(metric("own.breaker_state")).toBe(1);
    status = 200;
    const turned = await ask();
    expect([turned.status, turned.upstream.length]).toEqual([503, 0]);
    expect(turned.details).toContain("model_fallback.skipped");
    expect(metric("own.skipped")).toBe(1);
    // What the next pass begins with.
    const found = ["x-model-fallback-hop", "x-envoy-original-path", "x-hi-original-auth"];
    expect(found.map((name) => left!.get(name))).toEqual([
      "1",
      "/v1/chat/completions",
      "Bearer client",
    ]);
    expect(await target("1")).toBe("spare");

    await host.clock.advance(10_001);
    expect((await ask()).headers.get("x-llm-target")).toBe("own");
    expect(metric("own.breaker_state")).toBe(0);
    expect((await ask()).headers.get("x-llm-target")).toBe("own");
  });

  test("the last one is asked all the same", async () => {
    const breaker = { failures: 1 };
    const targets = (CONFIG["targets"] as Json[]).slice(0, 1);
    await using host = await createHost({
      profile: "higress-2.2",
      plugins: [
        { wasm: "build/higress/model-fallback.wasm", config: { ...CONFIG, targets, breaker } },
      ],
      clusters: { backend: upstream().reply(503).reply(200, { json: {} }) },
    });
    const headers = { "content-type": "application/json" };
    const ask = () =>
      host.fetch(CHAT, { method: "POST", headers, body: JSON.stringify(BODY) }).settle();
    expect((await ask()).status).toBe(503);
    expect((await ask()).headers.get("x-llm-target")).toBe("own");
  });
});

test.each(["", "{", "[]", '{"model":1}', '{"model":""}'])(
  "a body %j passes as it is",
  async (body) => {
    await using host = await createHost({
      profile: "higress-2.2",
      plugins: [{ wasm: "build/higress/model-fallback.wasm", config: CONFIG }],
      clusters: { backend: upstream().reply(200, { json: {} }) },
    });
    const headers = { "content-type": "application/json", authorization: "Bearer client" };
    const answer = await host.fetch(CHAT, { method: "POST", headers, body }).settle();
    expect(answer.upstream[0]!.body).toBe(body);
  },
);
