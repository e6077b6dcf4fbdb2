import { describe, expect, it } from "vitest";
import { callTable, criteria, table, type Report, type Row } from "../../bench/report.js";
import { FLOOR, peer } from "../../bench/scenarios.js";

/** A row whose rounds all cost the same, in µs. */
function row(name: string, micros: number, more: Partial<Row> = {}): Row {
  return {
    name,
    times: 1,
    cpuNs: [micros * 1000, micros * 1000, micros * 1000],
    burstNs: [],
    ...more,
  };
}

function report(...rows: Row[]): Report {
  return {
    date: "2026-11-23T04:00:00.000Z",
    machine: { cpu: "Test", cores: 2, memoryMiB: 1024, kernel: "6", node: "v20", envoy: "1.40.0" },
    options: { rounds: 3, bursts: 4, requests: 5000, connections: 32, starts: 3 },
    rows,
    perWorker: { workers: 2, moreKiB: 4096 },
    chain: {},
    curves: [],
  };
}

const memory = (mebibytes: number): Partial<Row> => ({
  memory: { rss: mebibytes * 1024, anonymous: 0 },
});

/** The cells of the line that starts with `name`. */
function cells(text: string, name: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(name)) ?? "";
  return line
    .slice(name.length)
    .trim()
    .split(/\s{2,}/);
}

const NONE = row("no filter", 20, memory(64));
const BARE = row("empty (no callbacks)", 21, memory(80));
const LEAN = row("empty (headers callback)", 21, memory(80));
const EMPTY = row("empty (all callbacks)", 22, memory(80));

describe("the table", () => {
  it("shows what a filter adds, as time and as multiples of both empty filters", () => {
    const text = table(report(NONE, LEAN, EMPTY, row("x", 25, memory(81.5))));
    expect(cells(text, "x").slice(0, 8)).toEqual([
      "25.00",
      "5.00",
      "0.00",
      "1.25",
      "2.50",
      "5.00",
      "81.5",
      "1.5",
    ]);
  });

  it("compares a row behind an upstream with the same upstream", () => {
    const base = row("no filter, JSON", 100, memory(64));
    const limited = row("token-rate-limit, JSON", 120, { ...memory(90), base: base.name });
    const text = table(report(NONE, LEAN, EMPTY, base, limited));
    expect(cells(text, base.name).slice(1, 6)).toEqual(["–", "–", "–", "–", "–"]);
    expect(cells(text, limited.name).slice(0, 6)).toEqual([
      "120.00",
      "20.00",
      "0.00",
      "1.20",
      "–",
      "–",
    ]);
  });

  it("names the machine, the date and the number of rounds", () => {
    const text = table(report(NONE));
    expect(text).toContain("2026-11-23 04:00 UTC, Test, 2 cores");
    expect(text).toContain("3 interleaved rounds");
  });

  it("says of a module that does not load why, and keeps the others", () => {
    const failed: Row = { ...row("peer", 0), cpuNs: [], failed: "does not load: no ABI" };
    const text = table(report(NONE, failed, EMPTY));
    expect(text).toContain("does not load: no ABI");
    expect(cells(text, EMPTY.name)[1]).toBe("2.00");
  });

  it("draws the memory of a million requests", () => {
    const curve = { name: "x", step: 50_000, rssKiB: [65_536, 66_560, 66_560] };
    const text = table({ ...report(NONE), curves: [curve] });
    expect(text).toContain("64.0 MiB at first, 65.0 after half, 65.0 at the end");
    expect(text).toContain("▁██");
  });
});

describe("the table of callbacks and host calls", () => {
  it("divides by how often one request makes the call", () => {
    const idle = row("no host call", 23);
    const text = callTable(report(NONE, BARE, idle, row("get header", 39, { times: 16 })));
    expect(cells(text, "get header")).toEqual(["1000", "0", "no host call"]);
  });

  it("compares a callback with the module that has none", () => {
    const text = callTable(report(NONE, BARE, row("only proxy_on_log", 29, { times: 8 })));
    expect(cells(text, "only proxy_on_log")).toEqual(["1000", "0", "empty (no callbacks)"]);
  });
});

describe("the promises", () => {
  const few = (micros: number): Row => row("key-auth, 10 consumers", micros);
  const many = (micros: number): Row => row("key-auth, 10000 consumers", micros);

  it("are kept up to the limit", () => {
    const text = criteria(report(NONE, EMPTY, few(25), many(25.5)));
    expect(text).toContain(
      "ok   key-auth adds × what empty (all callbacks) adds: 2.50 (limit 2.5)",
    );
    expect(text).toContain(
      "ok   MiB per worker over the Envoy with the empty filter, 10 consumers (2 workers): 2.00",
    );
    expect(text).toContain("whole CPU time: 1.02 (limit 1.1)");
    expect(text).toContain("ok   the same, only what the filter adds: 1.10");
  });

  it("are marked as broken above it", () => {
    const perWorker = { workers: 2, moreKiB: 4200 };
    const text = criteria({ ...report(NONE, EMPTY, few(25.2), many(30)), perWorker });
    expect(text.match(/OVER/g)).toHaveLength(4);
  });

  it("stand beside the price of the host calls, which nobody can undercut", () => {
    const floor = row(FLOOR, 24);
    const text = criteria(report(NONE, floor, EMPTY, few(25)));
    expect(text).toContain("–    key-auth adds × what its host calls alone add: 1.25");
  });

  it("of rows with a limit: microseconds added, or a factor of the whole", () => {
    const text = criteria(
      report(
        NONE,
        row("empty (all callbacks)", 32),
        row("no filter, JSON", 100),
        row("no filter, stream", 2000),
        row("a, JSON", 150, { base: "no filter, JSON", limit: { addedMicroseconds: 25 } }),
        row("a, stream", 2400, { base: "no filter, stream", limit: { timesNone: 1.1 } }),
        row("b, stream", 2500, { base: "no filter, stream" }),
        row("reads the answer, stream", 2300, { base: "no filter, stream" }),
      ),
    );
    expect(text).toContain("OVER a, JSON: µs added: 50.00 (limit 25)");
    // Of 50 µs on a machine where the empty filter takes 12, half remain where it takes 6.
    expect(text).toContain(
      "ok   the same, times 6 / 12.00 µs of the empty filter: 25.00 (limit 25)",
    );
    expect(text).toContain("OVER a, stream: CPU time × the same without: 1.20 (limit 1.1)");
    // A filter that only reads takes 1.15 times here, 1.05 times where the limit was set.
    expect(text).toContain(
      "ok   a, stream: CPU time × reading alone, times 1.05: 1.10 (limit 1.1)",
    );
    expect(text).not.toContain("b, stream");
  });

  it("of rows that are held against another: a factor of what it adds", () => {
    const base = "no filter, JSON";
    const limit = { timesAdded: 2.5, of: "no-op, JSON" };
    const rows = [
      row("no filter", 20),
      row(base, 100),
      row("no-op, JSON", 110, { base }),
      row("a, JSON", 125, { base, limit }),
      row("b, JSON", 126, { base, limit }),
    ];
    const text = criteria(report(...rows));
    expect(text).toContain('ok   a, JSON: adds × what "no-op, JSON" adds: 2.50 (limit 2.5)');
    expect(text).toContain('OVER b, JSON: adds × what "no-op, JSON" adds: 2.60 (limit 2.5)');
    const alone = criteria(report(...rows.filter(({ name }) => name !== limit.of)));
    expect(alone).toContain('?    a, JSON: adds × what "no-op, JSON" adds: not measurable');
  });

  it("are not judged when no plugin was measured", () => {
    expect(criteria(report(NONE, EMPTY))).toBe("");
  });
});

describe("--peer", () => {
  it("takes a name and a module", async () => {
    const scenario = peer("mine=package.json");
    expect(scenario.name).toBe("peer mine");
    expect(await scenario.module?.()).toBe("package.json");
  });

  it("takes a configuration after a comma and hands its text to the plugin", () => {
    const [filter] = peer("mine=package.json,tsconfig.json").filters("mine.wasm");
    expect(JSON.stringify(filter)).toContain("compilerOptions");
  });

  it.each(["mine", "mine=", "=x.wasm"])("refuses %s with the form it expects", (text) => {
    expect(() => peer(text)).toThrow("expected name=path.wasm[,config.json]");
  });

  it("refuses a file that does not exist, by name", () => {
    expect(() => peer("mine=nowhere.wasm")).toThrow("nowhere.wasm does not exist");
  });
});
