import { createHost, redis, upstream, type Host, type Upstream } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

const DRIVER = "test/unit/sdk/driver/reach.ts";
let wasm: string;
let higress: string;

beforeAll(async () => {
  wasm = await buildPlugin(DRIVER);
  higress = await buildPlugin(DRIVER, { higress: true });
});

function start(profile: "envoy-1.40" | "higress-2.2", config = ""): Promise<Host> {
  return createHost({
    profile,
    plugins: [{ wasm, name: "reach", config, allowOnHeadersStopIteration: true }],
    clusters: {
      backend: upstream().reply(200, { chunks: ["one ", "two"], headers: { "x-a": "1" } }),
      check: upstream().after(30).reply(200),
    },
    lifecycle: "single",
  });
}

/** Callbacks and host calls so far that went to or came from a module, by name. */
function count(host: Host, name: string): number {
  return host.trace!.events.filter((event) => event.kind === "host" && event.name === name).length;
}

describe.each(["envoy-1.40", "higress-2.2"] as const)("in %s", (profile) => {
  describe("a held stream", () => {
    it("is released, its headers edited, by another stream", async () => {
      await using host = await start(profile);
      const held = host.stream("/hold");
      await held.headers({ end: true });
      const other = await host.fetch("/release");
      expect(other.status).toBe(200);
      expect((await held.response()).status).toBe(200);
      const requests = (host.clusters["backend"] as Upstream).requests;
      const marked = requests.map(({ path, headers }) => [
        path,
        new Map(headers).get("x-released"),
      ]);
      expect(marked.sort()).toEqual([
        ["/hold", "1"],
        ["/release", undefined],
      ]);
    });

    it("is not answered in the request callback of another, which Envoy would then hold for ever", async () => {
      await using host = await start(profile, "release");
      const held = host.stream("/hold");
      await held.headers({ end: true });
      expect((await host.fetch("/refuse")).status).toBe(200);
      expect(count(host, "proxy_send_local_response")).toBe(0);
      await held.abort();
    });

    it("is released by the tick of its root", async () => {
      await using host = await start(profile, "release");
      const held = host.fetch("/hold");
      await host.clock.advance(150);
      expect((await held).status).toBe(200);
      expect(count(host, "proxy_continue_stream"), "of the request, never of no answer").toBe(1);
      expect(count(host, "proxy_close_stream"), "its headers are not within reach later").toBe(0);
    });

    it("is answered by the tick of its root", async () => {
      await using host = await start(profile, "refuse");
      const held = host.fetch("/hold");
      await host.clock.advance(150);
      expect((await held).status).toBe(418);
    });

    it("that is gone is left alone", async () => {
      await using host = await start(profile);
      const held = host.stream("/hold");
      await held.headers({ end: true });
      await held.abort();
      expect((await host.fetch("/refuse")).status).toBe(200);
      expect(count(host, "proxy_send_local_response")).toBe(0);
    });
  });

  it("a request counts as released once its body or its trailers let it go", async () => {
    await using host = await start(profile);
    const init = { chunks: ["a", "b"] };
    expect((await host.fetch("/held-body", init)).status).toBe(200);
    const trailers = { "x-t": "1" };
    expect((await host.fetch("/held-body", { ...init, trailers })).status).toBe(200);
    expect(count(host, "proxy_close_stream")).toBe(0);
  });

  it("resuming in one's own callback is answering Continue", async () => {
    await using host = await start(profile);
    expect((await host.fetch("/at-once", { body: "b" })).status).toBe(200);
    const backend = host.clusters["backend"] as Upstream;
    expect(backend.requests).toHaveLength(1);
    expect(new Map(backend.last?.headers).get("x-still")).toBe("writable");
    expect(count(host, "proxy_continue_stream")).toBe(0);
  });

  it("a held answer goes on although the plugin never saw its headers", async () => {
    await using host = await start(profile);
    const answer = host.fetch("/held-answer");
    await host.clock.advance(200);
    expect(await (await answer).text()).toBe("one two");
  });

  it("nothing can be answered or resumed once the stream is over", async () => {
    await using host = await start(profile);
    expect((await host.fetch("/reply-in-log")).status).toBe(200);
    expect(count(host, "proxy_send_local_response")).toBe(0);
    expect(count(host, "proxy_close_stream")).toBe(0);
    expect(count(host, "proxy_continue_stream")).toBe(0);
  });

  it("a stream that lingers hears the answer that comes when it is over, and after that no more", async () => {
    await using host = await start(profile);
    expect((await host.fetch("/linger")).status).toBe(200);
    // So many others that the table of streams is swept meanwhile.
    const others = Array.from({ length: 150 }, () => host.stream("POST /held-body"));
    for (const other of others) await other.headers();
    await host.clock.advance(100);
    expect(host.callouts.map(({ outcome }) => outcome)).toEqual(["200", "200"]);
    expect(host.logs.map(({ text }) => text)).toEqual(["heard"]);
  });

  it("a stream is answered once, whichever callback tries again", async () => {
    await using host = await start(profile);
    const answer = host.fetch("/reply-twice");
    await host.clock.advance(100);
    expect((await answer).status).toBe(418);
    expect(count(host, "proxy_send_local_response")).toBe(1);
  });

  it("a reply goes out without the headers that would break the wire", async () => {
    await using host = await start(profile);
    const answer = await host.fetch("/bad-reply");
    expect(answer.status).toBe(418);
    expect(answer.headers.get("x-good")).toBe("1");
    expect(answer.headers.get("x-bad")).toBeNull();
    expect(answer.headers.get("x-split")).toBeNull();
  });
});

it("a stream that lingers hears one reply of Redis", async () => {
  await using host = await createHost({
    profile: "higress-2.2",
    plugins: [{ wasm: higress, name: "reach" }],
    clusters: { backend: upstream().reply(200), cache: redis().after(30) },
    lifecycle: "single",
  });
  expect((await host.fetch("/linger-redis")).status).toBe(200);
  await host.clock.advance(100);
  expect(host.callouts.map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
  expect(host.logs.map(({ text }) => text)).toEqual(["heard"]);
});
