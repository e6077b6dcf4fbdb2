import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createHost, describeViolation, upstream, type Host } from "../../harness/src";
import "../../harness/src/vitest";
import { config, probe, probeHost } from "./probe";

const violation = (host: Host, rule: string) => host.violations.find((v) => v.rule === rule);

describe("a report names plugin, callback, host call, stack and documentation", () => {
  test("function and byte offset without a source map", async () => {
    await using host = await probeHost({ request_headers: "ret 0; setbuf 0 0 0 x" }, { strict: "error" }); // prettier-ignore
    await host.fetch("http://a.test/");
    const found = violation(host, "S17")!;
    expect(found).toMatchObject({
      plugin: "probe",
      callback: "proxy_on_request_headers",
      call: "proxy_set_buffer_bytes",
      anchor: "README.md#s17",
    });
    expect(found.stack).toMatch(/^at .+ \(0x[0-9a-f]+\)\nat /);
    const text = describeViolation(found);
    expect(text).toContain("probe › proxy_on_request_headers › proxy_set_buffer_bytes");
    expect(text).toContain(found.stack!.split("\n")[0]);
    expect(text).toContain("README.md#s17");
  });

  test("source line with a map", async () => {
    const folder = mkdtempSync(join(tmpdir(), "map-"));
    try {
      const file = join(folder, "probe.wasm");
      copyFileSync(probe, file);
      // Every byte offset is line 7, column 3 of one file.
      const map = { version: 3, sources: ["probe.ts"], names: [], mappings: "AAME" };
      writeFileSync(`${file}.map`, JSON.stringify(map));
      await using host = await probeHost(
        { request_headers: "setbuf 0 0 0 x" },
        { strict: "error", plugin: { wasm: file } },
      );
      await host.fetch("http://a.test/");
      expect(violation(host, "S17")!.stack).toContain("(probe.ts:7:3)");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("S01 blames whoever edited the body last, and nobody else", () => {
  const chain = (a: Record<string, string>, b: Record<string, string>) =>
    createHost({
      lifecycle: "single",
      strict: { S01: "error" },
      clusters: { backend: upstream().reply(200, { body: "ok" }) },
      plugins: [
        { name: "a", wasm: probe, config: config(a), vmId: "a" },
        { name: "b", wasm: probe, config: config(b), vmId: "b" },
      ],
    });

  test.each([
    ["request", { "request_body#1": "setbuf 0 0 0 xx" }, {}, "a"],
    ["request", {}, { "request_body#1": "setbuf 0 0 0 xx" }, "b"],
    ["response", { "response_body#1": "setbuf 1 0 0 xx" }, {}, "a"],
    ["response", {}, { "response_body#1": "setbuf 1 0 0 xx" }, "b"],
  ])("%s", async (direction, a, b, plugin) => {
    const host = await chain(a as Record<string, string>, b as Record<string, string>);
    await host.fetch("http://a.test/", { body: "body" });
    expect(violation(host, "S01")).toMatchObject({
      plugin,
      callback: `proxy_on_${direction}_body`,
      call: "proxy_set_buffer_bytes",
    });
    await host.close();
  });

  test("a client that lies about its length is no plugin's fault", async () => {
    const host = await chain({}, {});
    const headers = { "content-length": "9" };
    const reply = host.fetch("http://a.test/", { body: "body", headers }).catch(() => undefined);
    await host.clock.advance(20_000); // the upstream waits for the rest, the route for 15 s
    await reply;
    expect(violation(host, "S01")).toBeUndefined();
    await host.close();
  });
});

test("S29: an edit of a body whose end has been passed on", async () => {
  const host = await probeHost({ response_headers: "setbuf 0 0 0 x" }, { strict: "error" });
  await host.fetch("http://a.test/", { body: "body" });
  expect(host).toHaveViolation("S29");
  expect(host).not.toHaveViolation("S17");
  await host.close();
});

test("S24: set_pairs leaves the response without :status", async () => {
  const host = await probeHost({ response_headers: "setpairs 2 a=b" }, { strict: "error" });
  await host.fetch("http://a.test/");
  expect(violation(host, "S24")?.message).toContain(":status");
  await host.close();
});
