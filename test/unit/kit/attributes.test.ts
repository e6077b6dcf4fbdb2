import { createHost, upstream, type Host } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

let wasm: Record<"envoy" | "higress", string>;

beforeAll(async () => {
  wasm = {
    envoy: await buildPlugin("plugin", "envoy"),
    higress: await buildPlugin("plugin", "higress"),
  };
});

/** A chain of two: what a filter before ours left in `ai_log`, then ours. */
async function hostWith(left: string | null, on: "envoy" | "higress" = "envoy"): Promise<Host> {
  return await createHost({
    profile: on === "envoy" ? "envoy-1.40" : "higress-2.2",
    plugins: [
      {
        name: "earlier",
        native: {
          requestHeaders(_headers, _end, control) {
            if (left !== null) control.setFilterState("ai_log", left);
          },
        },
      },
      { wasm: wasm[on], name: "driver" },
    ],
    clusters: { backend: upstream().reply(200) },
    logLevel: "trace",
  });
}

const log = (attributes: string, property = "") => ({
  headers: { "x-attributes": attributes, ...(property ? { "x-property": property } : {}) },
});
const state = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe.each(["envoy", "higress"] as const)("on %s", (on) => {
  it("an attribute is written to the filter state that the access log prints", async () => {
    await using host = await hostWith(null, on);
    const { filterState } = await host.fetch("/log", log("cache_status=hit"));
    expect(state(filterState["ai_log"])).toBe('{\\"cache_status\\":\\"hit\\"}');
  });

  it("what an earlier filter wrote is kept", async () => {
    await using host = await hostWith('{\\"model\\":\\"m\\",\\"n\\":1.0}', on);
    const { filterState } = await host.fetch("/log", log("b=<x>"));
    expect(state(filterState["ai_log"])).toBe(
      '{\\"b\\":\\"\\\\u003cx\\\\u003e\\",\\"model\\":\\"m\\",\\"n\\":1}',
    );
  });

  it("what cannot be read is left alone, with a warning that does not repeat it", async () => {
    await using host = await hostWith('{"prompt":"private"}', on);
    const { status, filterState } = await host.fetch("/log", log("a=b"));
    expect(status).toBe(200);
    expect(state(filterState["ai_log"])).toBe('{"prompt":"private"}');
    const warnings = host.logs.filter(({ level }) => level === "warn").map(({ text }) => text);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^\[driver\] \[nil\] \[.+\] Unmarshal failed, will overwrite ai_log, pre value is: 20 bytes$/,
      ),
    ]);
    expect(JSON.stringify(host.logs)).not.toContain("private");
  });
});

it("a request id of a client is cut off in a line", async () => {
  await using host = await hostWith('{"a":1}');
  const { headers } = log("a=b");
  await host.fetch("/log", { headers: { ...headers, "x-request-id": "r".repeat(200) } });
  const [warning] = host.logs.filter(({ level }) => level === "warn");
  expect(warning!.text).toContain(`[${"r".repeat(128)}] Unmarshal failed`);
});

it("attributes of another kind of plugin go to a property of their own", async () => {
  await using host = await hostWith('{\\"a\\":1}');
  const { filterState } = await host.fetch("/log", log("k=v", "custom_log"));
  expect(state(filterState["custom_log"])).toBe('{\\"k\\":\\"v\\"}');
  expect(state(filterState["ai_log"])).toBe('{\\"a\\":1}');
});

it("every attribute becomes a span tag, an empty one a warning", async () => {
  await using host = await hostWith(null);
  const { filterState } = await host.fetch("/log", log("model=qwen,none="));
  expect(state(filterState["trace_span_tag.model"])).toBe("qwen");
  expect(filterState).not.toHaveProperty(["trace_span_tag.none"]);
  expect(host.logs.at(-1)?.text).toMatch(/Failed to set trace attribute - none is empty$/);
});

describe("the cluster of the route", () => {
  it.each(["envoy", "higress"] as const)("is known on %s", async (on) => {
    await using host = await hostWith(null, on);
    const own = await host.fetch("http://shop.test/route");
    expect(own.text()).toBe("backend shop.test");
    const configured = await host.fetch("/route", { headers: { "x-host": "api.test" } });
    expect(configured.text()).toBe("backend api.test");
  });
});
