import { createHost, LoadError, upstream, type Host } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/sdk/driver/start.ts");
});

function start(vmConfig: string, config: string): Promise<Host> {
  return createHost({
    plugins: [{ name: "start", wasm, vmConfig, config }],
    clusters: { backend: upstream().reply(200) },
    lifecycle: "single",
  });
}

const textsOf = (logs: readonly { text: string }[]): string[] => logs.map(({ text }) => text);

describe("the start of a plugin", () => {
  it.each([
    ["of the VM", "of the plugin"],
    ["", ""],
    ["a\u0000b 中", '{"a":1}'],
  ])("reads both configurations: %j and %j", async (vmConfig, config) => {
    const host = await start(vmConfig, config);
    expect(textsOf(host.logs)).toEqual([`vm: ${vmConfig}`, `plugin: ${config}`]);
    await host.close();
  });

  it("is refused when onStart answers false, and nothing is configured", async () => {
    const refused = await start("refuse", "of the plugin").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LoadError);
    const { logs, message } = refused as LoadError;
    expect(message).toContain("Failed to start base Wasm");
    expect(textsOf(logs).filter((text) => text.startsWith("vm: "))).toEqual(["vm: refuse"]);
    expect(textsOf(logs).join("\n")).not.toContain("plugin: ");
  });
});
