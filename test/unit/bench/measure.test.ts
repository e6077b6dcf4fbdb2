import { describe, expect, it } from "vitest";
import { consumers } from "../../bench/filters.js";
import { parseSchedstat, parseStat, parseStatus } from "../../bench/measure.js";
import { refusal } from "../../bench/envoy.js";

describe("CPU time of a process", () => {
  it("is the first number of a schedstat line, in nanoseconds", () => {
    expect(parseSchedstat("123456789 70505 42\n")).toBe(123_456_789);
  });

  it("is user plus system time of a stat line, in ticks of 10 ms", () => {
    const line =
      "4711 (envoy) S 1 4711 4711 0 -1 4194560 5000 0 3 0 150 50 7 9 20 0 4 0 1000 200 300";
    expect(parseStat(line)).toBe(200 * 10_000_000);
  });

  it("is found behind a program name with spaces and brackets", () => {
    const line = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 5000 0 3 0 1 2 7 9 20 0 4 0 1000";
    expect(parseStat(line)).toBe(3 * 10_000_000);
  });
});

describe("memory of a process", () => {
  const status =
    "Name:\tenvoy\nVmPeak:\t  999999 kB\nVmRSS:\t   65536 kB\nRssAnon:\t   20000 kB\nRssFile:\t   45536 kB\n";

  it("is resident and private memory in KiB", () => {
    expect(parseStatus(status)).toEqual({ rss: 65_536, anonymous: 20_000 });
  });

  it("is not a number when the kernel does not say", () => {
    expect(parseStatus("Name:\tenvoy\n").rss).toBeNaN();
  });
});

describe("the reason why Envoy did not start", () => {
  it("is what the wasm runtime said, before the errors that follow from it", () => {
    const log = [
      "[2026-11-23 04:00:00.000][1][warning][main] [source/a.cc:1] something harmless",
      "[2026-11-23 04:00:00.000][1][error][wasm] [source/b.cc:2] Missing or unknown Proxy-Wasm ABI version",
      "[2026-11-23 04:00:00.000][1][critical][main] [source/c.cc:3] error initializing configuration",
    ].join("\n");
    expect(refusal(log)).toBe("Missing or unknown Proxy-Wasm ABI version");
  });

  it("is the rule that the configuration breaks, without the configuration", () => {
    const log = [
      "[2026-11-23 04:00:00.000][1][critical][main] [source/c.cc:3] error `goo.gle/debugstr",
      "static_resources {",
      ": Proto constraint validation failed (Bootstrap.Interval: must be inside range)) initializing config",
    ].join("\n");
    expect(refusal(log)).toBe(
      "Proto constraint validation failed (Bootstrap.Interval: must be inside range)",
    );
  });

  it("is said to be missing when the log is empty", () => {
    expect(refusal("")).toBe("exited without a message");
  });
});

it("ten thousand consumers have ten thousand different keys of 40 bytes", () => {
  const keys = consumers(10_000).map(({ key }) => key);
  expect(new Set(keys).size).toBe(10_000);
  expect(new Set(keys.map((key) => key.length))).toEqual(new Set([40]));
});
