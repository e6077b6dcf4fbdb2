import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";
import { RawHost } from "./raw-host.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/sdk/driver/nest.ts");
});

const REQUEST = "proxy_on_request_headers";
const ANSWER = "proxy_on_response_body";
const INJECT = "proxy_inject_encoded_data_to_filter_chain";
const REACH = "proxy_set_effective_context";

/** Begins a stream that does what `path` says. */
function begin(host: RawHost, id: number, path: string): void {
  host.contexts.add(id);
  host.call("proxy_on_context_create", id, 1);
  const { path: outer } = host;
  host.path = path;
  host.call(REQUEST, id, 0, 0);
  host.path = outer;
}

function open(): RawHost {
  const host = new RawHost(wasm);
  host.root(1, "c");
  return host;
}

describe("a callback that begins inside of another one, as Higress does for injected bytes", () => {
  it("takes nothing from the outer one: objects, host bytes, headers and reach stay", () => {
    const host = open();
    begin(host, 10, "outer");
    let next = 100;
    host.during.set(INJECT, () => {
      host.value = "i".repeat(40_000);
      for (let i = 0; i < 300; i++, next++) {
        begin(host, next, "inner");
        host.call(ANSWER, next, 1, 1);
      }
      host.path = "after";
      host.calls.clear();
    });
    for (let round = 0; round < 5; round++) {
      host.value = "before";
      host.call(ANSWER, 10, 1, 0);
      expect(host.take()).toEqual(["0 100 before after readable"]);
      // It closed its stream without asking for it again: it still acts on itself.
      expect([host.calls.get("proxy_close_stream"), host.calls.get(REACH)]).toEqual([1, undefined]);
    }
  });

  it("may answer its own stream, while the outer one decides about another", () => {
    const host = open();
    begin(host, 10, "outer");
    begin(host, 11, "reply");
    host.during.set(INJECT, () => host.call(ANSWER, 11, 1, 1));
    host.call(ANSWER, 10, 1, 0);
    expect(host.calls.get("proxy_send_local_response")).toBe(1);
  });

  it("leaves the outer one deciding: it still may not answer a third", () => {
    const host = open();
    begin(host, 10, "meddler");
    begin(host, 11, "other");
    begin(host, 12, "passes");
    host.during.set(INJECT, () => host.call(ANSWER, 12, 1, 1));
    host.call(ANSWER, 10, 1, 0);
    expect(host.calls.get(INJECT)).toBe(1);
    expect(host.calls.get("proxy_send_local_response")).toBeUndefined();
  });

  it("collects nothing, and the next one outside does: memory stays small", () => {
    const host = open();
    begin(host, 10, "outer");
    for (let i = 0; i < 30; i++) begin(host, 20 + i, "inner");
    host.during.set(INJECT, () => {
      for (let i = 0; i < 30; i++) host.call(ANSWER, 20 + i, 1, 0);
    });
    for (let round = 0; round < 100; round++) host.call(ANSWER, 10, 1, 0);
    expect(host.memorySize).toBeLessThanOrEqual(32 << 20);
  });

  it("traps at a depth that no gateway reaches, rather than lose track", () => {
    const host = open();
    for (let id = 10; id < 40; id++) begin(host, id, "deep");
    let id = 10;
    let deepest = 10;
    host.during.set(INJECT, () => {
      if (++id > deepest) return;
      host.call(ANSWER, id, 1, 0);
    });
    deepest = 20;
    host.call(ANSWER, 10, 1, 0);
    expect(host.take()).toEqual([]);
    id = 10;
    deepest = 39;
    expect(() => host.call(ANSWER, 10, 1, 0)).toThrow(/unreachable/);
    expect(host.take()[0]).toMatch(/^Index out of range at /);
  });
});

describe("streams that end without telling", () => {
  it("are forgotten when their table has doubled, those that live are not", () => {
    const host = open();
    begin(host, 10, "outer");
    for (let id = 100; id < 20_100; id++) {
      begin(host, id, "passes");
      host.contexts.delete(id);
    }
    const size = host.memorySize;
    for (let id = 30_000; id < 230_000; id++) {
      begin(host, id, "passes");
      host.contexts.delete(id);
    }
    expect(host.memorySize).toBe(size);
    // Asked once per stream, not once per callback.
    expect(host.calls.get(REACH)).toBeLessThan(2 * 220_000);
    host.call(ANSWER, 10, 1, 0);
    expect(host.take()).toHaveLength(1);
  });

  it("are unknown after that, whatever the host still calls them", () => {
    const host = open();
    begin(host, 50, "outer");
    host.contexts.delete(50);
    host.call(ANSWER, 50, 1, 0);
    expect(host.take()).toHaveLength(1);
    for (let id = 100; id < 400; id++) begin(host, id, "passes");
    host.call(ANSWER, 50, 1, 0);
    expect(host.take()).toEqual([]);
  });

  it("leave the new stream the acting one after a sweep", () => {
    const host = open();
    let swept = 0;
    for (let id = 100; id < 1000; id++) {
      host.effective = 0;
      begin(host, id, "passes");
      if (host.effective === 0) continue;
      swept++;
      expect(host.effective).toBe(id);
    }
    expect(swept).toBeGreaterThan(1);
  });
});

it("the log level is remembered for a while, then asked for again: an operator may have changed it", () => {
  const host = open();
  host.logLevel = 2;
  host.calls.clear();
  const printed = (): boolean => {
    host.call("proxy_on_tick", 1);
    return host.take()[0] === "debug";
  };
  for (let i = 0; i < 100; i++) expect(printed()).toBe(false);
  const asked = host.calls.get("proxy_get_log_level")!;
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThanOrEqual(5);
  host.logLevel = 1;
  const seen = Array.from({ length: 32 }, printed);
  expect(seen.at(-1)).toBe(true);
  expect(seen.lastIndexOf(false)).toBeLessThan(seen.indexOf(true));
});
