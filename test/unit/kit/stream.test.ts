import { createHost, upstream, type Host, type ProfileName } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPlugin } from "./build.js";

let wasm: Record<"envoy" | "higress", string>;

beforeAll(async () => {
  wasm = {
    envoy: await buildPlugin("stream", "envoy"),
    higress: await buildPlugin("stream", "higress"),
  };
});

async function open(profile: ProfileName, ...configs: string[]): Promise<Host> {
  const module = wasm[profile === "envoy-1.40" ? "envoy" : "higress"];
  const all = configs.length === 0 ? [""] : configs;
  return await createHost({
    profile,
    plugins: all.map((config) => ({ wasm: module, name: "driver", config })),
    clusters: { first: upstream().reply(204), second: upstream().reply(204) },
    routes: [
      {
        name: "second",
        match: { prefix: "/", headers: { "x-target": "second" } },
        cluster: "second",
      },
      { name: "first", cluster: "first" },
    ],
    lifecycle: "single",
  });
}

describe("what headers say about a body", () => {
  it.each([
    [{}, "plain readable -1"],
    [{ "content-type": "application/json", "content-length": "12" }, "plain readable 12"],
    [{ "content-length": "many" }, "plain readable -1"],
    [{ "content-encoding": "gzip" }, "encoded unreadable -1"],
    [{ "content-encoding": "" }, "plain readable -1"],
    [{ "content-encoding": "Identity" }, "plain readable -1"],
    [{ "content-encoding": "identity, gzip" }, "encoded unreadable -1"],
    [{ "content-type": "application/octet-stream" }, "plain unreadable -1"],
    [{ "content-type": "Application/gRPC+proto" }, "plain unreadable -1"],
    [{ "content-type": "text/event-stream; charset=utf-8" }, "plain readable -1"],
  ])("%o", async (headers, expected) => {
    await using host = await open("envoy-1.40");
    expect((await host.fetch("/kind", { headers })).text()).toBe(expected);
  });
});

describe("what headers say about an upgrade", () => {
  const kindOf = async (headers: Record<string, string>, method = "GET") => {
    await using host = await open("envoy-1.40");
    return (await host.fetch("/kind", { method, headers })).text();
  };

  it.each([
    ["Upgrade", "websocket"],
    ["keep-alive, Upgrade", "WebSocket"],
    ["upgrade,keep-alive", "websocket"],
    ["keep-alive ,\tUPGRADE , te", "websocket"],
    ["upgrade", "h2c, websocket"],
  ])("a handshake: connection %j, upgrade %j", async (connection, upgrade) => {
    expect(await kindOf({ connection, upgrade })).toBe("plain readable -1 websocket");
  });

  it.each([
    ["keep-alive", "websocket"],
    ["upgrade-insecure, no upgrade", "websocket"],
    ["", "websocket"],
    [",", "websocket"],
    ["keep-alive, upgrade", "h2c"],
    ["upgrade", ""],
  ])("none: connection %j, upgrade %j", async (connection, upgrade) => {
    expect(await kindOf({ connection, upgrade })).toBe("plain readable -1");
  });

  it("none of a method that may have a body, or without either header", async () => {
    const both = { connection: "keep-alive, Upgrade", upgrade: "websocket" };
    expect(await kindOf(both, "POST")).toBe("plain readable -1");
    expect(await kindOf({ connection: "upgrade" })).toBe("plain readable -1");
    expect(await kindOf({ upgrade: "websocket" })).toBe("plain readable -1");
  });
});

const HOSTS: ProfileName[] = ["envoy-1.40", "higress-2.1", "higress-2.2"];

describe.each(HOSTS)("in %s", (profile) => {
  const isHigress = profile !== "envoy-1.40";

  /** The cluster that a request went to. */
  async function target(path: string): Promise<string | undefined> {
    await using host = await open(profile);
    return (await host.fetch(path)).upstream[0]?.cluster;
  }

  it("a request stays on its route where the gateway can do that", async () => {
    expect(await target("/edit")).toBe("second");
    expect(await target("/keep")).toBe(isHigress ? "first" : "second");
  });

  it("the route that a request was to keep can be chosen again where the gateway can do that", async () => {
    expect(await target("/again")).toBe(profile === "higress-2.1" ? "first" : "second");
  });

  it("requests per IO cycle are bounded where the gateway can do that: the least of all counts", async () => {
    await using host = await open(profile, "70000", "300", "4000000000");
    expect(host.process.maxRequestsPerIoCycle).toBe(isHigress ? 300 : null);
    const warnings = host.logs.filter(({ level }) => level === "warn").map(({ text }) => text);
    const none = "[stream] [nil] [nil] the gateway does not limit requests per IO cycle";
    expect(warnings).toEqual(isHigress ? [] : [none, none, none]);
  });

  it("buffer limits are set where the gateway has them per request", async () => {
    await using host = await open(profile);
    const { filterState } = await host.fetch("/limits");
    const limits = ["set_decoder_buffer_limit", "set_encoder_buffer_limit"].map((name) =>
      filterState[name] === undefined ? null : Buffer.from(filterState[name]).toString(),
    );
    expect(limits).toEqual(isHigress ? ["5000000000", "1048576"] : [null, null]);
  });
});
