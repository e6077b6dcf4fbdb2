import { checkLeaks, createHost, upstream } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";
import { RawHost } from "./raw-host.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/sdk/driver/life.ts");
});

const MIB = 1 << 20;

/** One stream from creation to its end. */
function stream(host: RawHost, id: number): void {
  host.call("proxy_on_context_create", id, 1);
  host.call("proxy_on_request_headers", id, 0, 0);
  host.call("proxy_on_request_body", id, 5, 1);
  host.call("proxy_on_response_headers", id, 0, 0);
  host.call("proxy_on_response_body", id, 5, 1);
  host.call("proxy_on_log", id);
  host.call("proxy_on_done", id);
  host.call("proxy_on_delete", id);
  host.lines.length = 0;
}

describe("memory", () => {
  it("does not grow over 100 000 streams", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    for (let id = 2; id < 5000; id++) stream(host, id);
    const before = host.memorySize;
    for (let id = 5000; id < 105_000; id++) stream(host, id);
    expect(host.memorySize).toBe(before);
    expect(host.memorySize).toBeLessThan(2 * MIB);
  });

  it("stays small when every callback leaves 100 KB of garbage, and nothing that lives is lost", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.path = "/garbage";
    for (let id = 2; id < 3000; id++) {
      stream(host, id);
      expect(host.lines).not.toContain("memory is broken");
    }
    expect(host.memorySize).toBeLessThanOrEqual(16 * MIB);
  });

  it("is given back after large values, however many there were", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    host.path = "x".repeat(MIB);
    for (let id = 2; id < 300; id++) stream(host, id);
    expect(host.memorySize).toBeLessThanOrEqual(32 * MIB);
  });

  it("is not freed by streams that are never told to end, but by their contexts going", async () => {
    await using host = await createHost({
      plugins: [{ wasm, name: "life", config: "c", allowOnHeadersStopIteration: true }],
      clusters: { backend: upstream().reply(200), check: upstream().reply(200) },
      lifecycle: "single",
      trace: false,
    });
    for (const path of ["/x", "/call", "/body"]) {
      const report = await checkLeaks(host, () => host.fetch(path, { body: "b".repeat(5000) }), {
        runs: 400,
      });
      expect(report.leaking, path).toBe(false);
    }
  });
});

describe("what a callback is given", () => {
  it("stays as it is until the callback returns, from the smallest to the largest", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    const cells = [1, 7, 8, 100, 40_000, 65_536, 200_000, 30_000, 30_000].map((size, i) => ({
      text: String.fromCharCode(97 + i).repeat(size),
      out: 64 + i * 8,
    }));
    const addresses = cells.map(({ text }) => {
      const at = host.call("proxy_on_memory_allocate", text.length) >>> 0;
      host.write(at, text);
      return at;
    });
    for (const [i, at] of addresses.entries()) {
      expect(at % 8).toBe(0);
      expect(host.read(at, cells[i]!.text.length)).toBe(cells[i]!.text);
    }
  });

  it("is not reused by the next callbacks as long as it is little (the Go emulator keeps views)", () => {
    const host = new RawHost(wasm);
    host.root(1, "one");
    const at = host.call("proxy_on_memory_allocate", 5) >>> 0;
    host.write(at, "views");
    for (let id = 2; id < 10; id++) {
      stream(host, id);
      // Less than half of the block in all.
      host.write(host.call("proxy_on_memory_allocate", 2000) >>> 0, "o".repeat(2000));
    }
    expect(host.read(at, 5)).toBe("views");
  });
});

it("under the Go emulator a whole exchange leaves what was handed over unchanged (rule S22)", async () => {
  await using host = await createHost({
    profile: "proxytest",
    plugins: [
      {
        wasm: await buildPlugin("test/unit/sdk/driver/life.ts", { higress: true }),
        name: "life",
        config: "c",
      },
    ],
    clusters: { backend: upstream().reply(200, { body: "x" }), check: upstream().reply(200) },
  });
  await host.fetch("/call", { method: "POST", body: "hello" });
  await host.fetch("/body", { method: "POST", body: "hello" });
  expect(host.failingViolations()).toEqual([]);
});
