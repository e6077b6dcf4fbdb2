import { createHost, upstream } from "proxy-wasm-test";
import "proxy-wasm-test/vitest/setup";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";
import { RawHost } from "./raw-host.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/sdk/driver/life.ts");
});

const REQUEST = "proxy_on_request_headers";

describe("several configurations in one VM", () => {
  it("each stream is served by the root it was created for", () => {
    const host = new RawHost(wasm);
    expect(host.root(1, "one")).toBe(1);
    expect(host.root(2, "two")).toBe(1);
    host.take();
    host.call("proxy_on_context_create", 10, 1);
    host.call("proxy_on_context_create", 11, 2);
    host.call(REQUEST, 11, 0, 1);
    host.call(REQUEST, 10, 0, 1);
    host.call("proxy_on_log", 10);
    expect(host.take()).toEqual(["two 11 request", "one 10 request", "one 10 log"]);
  });

  it("a stream keeps its configuration when a new one arrives", () => {
    const host = new RawHost(wasm);
    host.root(1, "old");
    host.call("proxy_on_context_create", 10, 1);
    host.call(REQUEST, 10, 0, 1);
    host.root(2, "new");
    host.contexts.delete(1);
    host.root(3, "newer"); // forgets root 1
    host.take();
    host.call("proxy_on_response_headers", 10, 0, 1);
    expect(host.take()).toEqual(["old 10 response"]);
  });

  it("a root the host has deleted is forgotten when the next one comes, without proxy_on_delete", () => {
    const host = new RawHost(wasm);
    host.root(1, "gone");
    host.root(2, "stays");
    host.contexts.delete(1);
    host.call("proxy_on_tick", 1);
    host.root(3, "new");
    expect(host.effective).toBe(3);
    host.take();
    for (const id of [1, 2, 3]) host.call("proxy_on_tick", id);
    expect(host.take()).toEqual(["stays 2 tick", "new 3 tick"]);
  });

  it("a root that is told to go is forgotten", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.take();
    expect(host.call("proxy_on_done", 1)).toBe(1);
    host.call("proxy_on_delete", 1);
    host.call("proxy_on_tick", 1);
    expect(host.take()).toEqual(["one 1 done"]);
  });

  it.each(["tick", "stream"])("a root that has something left to do goes later, by a %s", (by) => {
    const host = new RawHost(wasm);
    host.root(1, "late");
    host.take();
    expect(host.call("proxy_on_done", 1)).toBe(0);
    expect(host.calls.get("proxy_done")).toBeUndefined();
    // Whom the host takes for the one that is done: the callback's context, or the chosen one.
    const done: number[] = [];
    host.effective = by === "tick" ? 1 : 10;
    host.during.set("proxy_done", () => done.push(host.effective));
    if (by === "tick") {
      host.call("proxy_on_tick", 1);
    } else {
      host.path = "/let-go";
      host.call("proxy_on_context_create", 10, 1);
      host.call(REQUEST, 10, 0, 1);
    }
    expect(done).toEqual([1]);
    host.call("proxy_on_delete", 1);
    host.take();
    host.call("proxy_on_tick", 1);
    expect(host.take()).toEqual([]);
  });

  it("a gateway that shuts down waits for such a root", async () => {
    const host = await createHost({
      plugins: [{ wasm, name: "life", config: "late" }],
      clusters: { backend: upstream().reply(200) },
      lifecycle: "single",
    });
    const { trace } = host;
    await host.close();
    const names = trace!.events.map(({ name }) => name);
    expect(names).toContain("proxy_on_done");
    expect(names.at(-1)).not.toBe("proxy_on_delete");
  });

  it("a refused configuration is answered with 0, an unreadable one too", () => {
    const host = new RawHost(wasm);
    expect(host.root(1, "refused")).toBe(0);
    host.configurationStatus = 6;
    host.take();
    expect(host.root(2, "any")).toBe(0);
    expect(host.take()).toEqual([" 2 start", "error reading plugin configuration: host status 6"]);
    host.configurationStatus = 1; // there is none, which is no error
    expect(host.root(3, "any")).toBe(1);
  });
});

describe("callbacks a plugin must not fall over", () => {
  /** Every callback for one context id, with the answers. */
  function all(host: RawHost, id: number): number[] {
    return [
      host.call(REQUEST, id, 0, 0),
      host.call("proxy_on_request_body", id, 5, 1),
      host.call("proxy_on_request_trailers", id, 0),
      host.call("proxy_on_response_headers", id, 0, 0),
      host.call("proxy_on_response_body", id, 5, 1),
      host.call("proxy_on_response_trailers", id, 0),
      host.call("proxy_on_done", id),
    ].concat(
      [
        ["proxy_on_log", id],
        ["proxy_on_delete", id],
        ["proxy_on_tick", id],
        ["proxy_on_queue_ready", id, 1],
        ["proxy_on_http_call_response", id, 0, 0, 0, 0],
        ["proxy_on_redis_call_response", id, 0, 0, 0],
      ].map(([name, ...args]) => Number(host.call(name as string, ...(args as number[])) ?? 0)),
    );
  }
  const INERT = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

  it("are those for contexts nobody created", () => {
    const host = new RawHost(wasm);
    expect(all(host, 77)).toEqual(INERT);
    host.root(1, "one");
    host.take();
    expect(all(host, 77)).toEqual(INERT);
    expect(all(host, 0)).toEqual(INERT);
    expect(all(host, 0xffff_ffff)).toEqual(INERT);
    expect(host.take()).toEqual([]);
    expect(host.call("proxy_on_configure", 99, 3)).toBe(0);
    expect(host.call("proxy_on_vm_start", 99, 0)).toBe(0);
  });

  it("those for a stream that never began: rejected requests have only a log", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.take();
    host.call("proxy_on_context_create", 10, 1);
    expect(host.call("proxy_on_response_headers", 10, 0, 1)).toBe(0);
    host.call("proxy_on_log", 10);
    host.call("proxy_on_done", 10);
    host.call("proxy_on_delete", 10);
    expect(host.take()).toEqual([]);
  });

  it("those for a stream that is over", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.call("proxy_on_context_create", 10, 1);
    host.call(REQUEST, 10, 0, 1);
    host.call("proxy_on_log", 10);
    host.take();
    expect(all(host, 10).slice(1)).toEqual(INERT.slice(1));
  });

  it("those for a stream whose root is unknown, or wants to stay out of it", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.take();
    host.call("proxy_on_context_create", 10, 5);
    expect(all(host, 10)).toEqual(INERT);
    host.path = "/inert";
    host.call("proxy_on_context_create", 11, 1);
    expect(all(host, 11)).toEqual(INERT);
    expect(host.take()).toEqual([]);
  });
});

it.each(["request", "body", "trailers", "response", "answer", "answertrailers"])(
  "a stream that finishes in its %s callback is not called again",
  async (event) => {
    await using host = await createHost({
      plugins: [{ wasm, name: "life", config: "c" }],
      clusters: { backend: upstream().reply(200, { body: "x", trailers: { t: "1" } }) },
      lifecycle: "single",
    });
    await host.fetch(`/finish-${event}`, { body: "b", framing: "chunked", trailers: { t: "1" } });
    const seen = host.logs.map(({ text }) => text.split(" ")[2]).slice(2);
    const ORDER = ["request", "body", "trailers", "response", "answer", "answertrailers", "log"];
    expect([...new Set(seen)]).toEqual(ORDER.slice(0, ORDER.indexOf(event) + 1));
    expect(seen.filter((one) => one === event)).toHaveLength(1);
  },
);

describe("the answer to a call", () => {
  it.each([
    ["finds its stream acting, before the stream asks for it", true],
    ["does not find a stream whose context is gone, although nobody said so", false],
  ])("%s", (_how, isAlive) => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.contexts.add(10);
    host.path = "/call";
    host.call("proxy_on_context_create", 10, 1);
    host.call(REQUEST, 10, 0, 1);
    if (!isAlive) host.contexts.delete(10);
    host.take();
    const acting: number[] = [];
    host.during.set("proxy_log", () => acting.push(host.effective));
    host.call("proxy_on_http_call_response", 1, 0, 0, 0, 0);
    expect([acting, host.take()]).toEqual(isAlive ? [[10], ["one 10 called"]] : [[], []]);
  });

  it("leaves nothing of the request's headers once it lets the request go", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.contexts.add(10);
    host.path = "/stale";
    host.value = "loaded";
    host.call("proxy_on_context_create", 10, 1);
    host.call(REQUEST, 10, 0, 1);
    host.path = "asked";
    host.take();
    host.call("proxy_on_http_call_response", 1, 0, 0, 0, 0);
    // The second time the host is asked, which this one answers, and not what was loaded before.
    expect(host.take()).toEqual(["one 10 called", "one 10 loaded", "one 10 asked"]);
  });
});

describe("the place where a stream's root is remembered until its first callback", () => {
  it("needs to hold one stream in a gateway: the context is created right before its request headers", async () => {
    await using host = await createHost({
      plugins: [{ wasm, name: "life", config: "c" }],
      clusters: { backend: upstream().after(50).reply(200) },
      downstream: "h2",
      lifecycle: "single",
    });
    const streams = Array.from({ length: 300 }, () => host.stream("/x"));
    for (const stream of streams) await stream.headers();
    const order = host
      .trace!.events.filter(
        ({ kind, name }) => kind === "call" && /context_create|request_headers/.test(name),
      )
      .map(({ name }) => name);
    for (let i = 1; i < order.length; i += 2) {
      expect(order.slice(i, i + 2)).toEqual(["proxy_on_context_create", REQUEST]);
    }
    expect(host.logs.filter(({ text }) => text.endsWith("request"))).toHaveLength(300);
    for (const stream of streams) await stream.abort();
    expect(host.logs.filter(({ text }) => text.endsWith("log"))).toHaveLength(300);
  });

  it("holds them all when a host creates a thousand before the first begins: none passes unseen", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.take();
    const ids = Array.from({ length: 1000 }, (_, i) => 10 + i);
    for (const id of ids) host.contexts.add(id);
    for (const id of ids) host.call("proxy_on_context_create", id, 1);
    for (const id of ids) expect(host.call(REQUEST, id, 0, 1)).toBe(0);
    expect(host.take()).toEqual(ids.map((id) => `one ${id} request`));
  });

  it("forgets those that never begin: memory does not grow over a million of them", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    for (let id = 10; id < 100_000; id++) host.call("proxy_on_context_create", id, 1);
    const early = host.memorySize;
    for (let id = 100_000; id < 1_000_000; id++) host.call("proxy_on_context_create", id, 1);
    expect(host.memorySize).toBe(early);
  });
});
