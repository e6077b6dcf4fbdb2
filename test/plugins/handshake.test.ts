import { createHost, upstream, type PluginOptions } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { describe, expect, test } from "vitest";
import { aiCache, CHAT, MEMORY } from "./ai-cache/support.js";
import { contentSecurity, LOCAL } from "./content-security/support.js";
import { modelMapper } from "./model-mapper/support.js";
import { modelRouter } from "./model-router/support.js";
import { plugin, SHARED } from "./token-rate-limit/support.js";

// What follows the handshake of a WebSocket is no body, and has no end: no plugin may wait for it.

const BY_MODEL = { limit_by_model: "", limit_keys: [{ key: "m", token_per_hour: 1 }] };
const PLUGINS: [string, PluginOptions][] = [
  ["model-router", modelRouter()],
  ["model-mapper", modelMapper()],
  ["content-security", contentSecurity({ ...LOCAL, body_phase: "hold_headers" })],
  ["token-rate-limit", plugin({ ...SHARED, rule_items: [BY_MODEL] })],
  ["ai-cache", aiCache(MEMORY)],
];

/** Whether the headers of a request of no end are held, and whether its first bytes are. */
async function holds(options: PluginOptions, connection: string): Promise<boolean[]> {
  const clusters = { backend: upstream().reply(200, { body: "ok" }) };
  const plugins = [{ allowOnHeadersStopIteration: true, ...options }];
  await using host = await createHost({ lifecycle: "single", clusters, plugins });
  const headers = { connection, upgrade: "websocket", "content-type": "application/json" };
  const stream = host.stream(`GET http://a.test${CHAT}`, { headers });
  await stream.headers();
  const held = [stream.state.paused];
  await stream.data("\u0001\u0005hello");
  held.push(stream.state.paused);
  await stream.abort();
  return held;
}

describe.each(PLUGINS)("%s", (_name, options) => {
  test.each(["Upgrade", "keep-alive, Upgrade", "upgrade,keep-alive"])(
    "connection: %s passes",
    async (connection) => expect(await holds(options, connection)).toEqual([false, false]),
  );

  test("what is no handshake is held", async () => {
    expect(await holds(options, "keep-alive")).toEqual([true, true]);
  });
});
