import { expect, test } from "vitest";
import { RawHost } from "../unit/sdk/raw-host.js";

// Plugins that work between requests: a host that gives them no ticks is told so, when it is configured.

const CONFIGURATIONS: [plugin: string, config: object][] = [
  ["ai-cache", { cache: { type: "memory" } }],
  ["model-fallback", { strategy: "replay", targets: [{ name: "a", cluster: "one" }] }],
];

test.each(CONFIGURATIONS)("%s is refused where there are no ticks", (plugin, config) => {
  for (const [status, accepted] of [
    [0, 1],
    [10, 0],
  ] as const) {
    const host = new RawHost(`build/envoy/${plugin}.wasm`);
    host.statuses.set("proxy_set_tick_period_milliseconds", status);
    expect(host.root(1, JSON.stringify(config))).toBe(accepted);
    const lines = host.take().map((line) => line.split("] ").at(-1)!);
    const refusal = [
      "SetTickPeriodMilliSeconds failed, onTick functions will not take effect.",
      expect.stringMatching(/^parse rule config failed: .*the host has no ticks$/),
      "plugin start failed",
    ];
    expect(lines.slice(accepted === 1 ? -1 : -3)).toEqual(
      accepted === 1 ? ["plugin start successfully"] : refusal,
    );
  }
});
