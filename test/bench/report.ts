import type { Machine, Memory } from "./measure.js";
import {
  EMPTY,
  EMPTY_LEAN,
  EMPTY_NO_CALLBACKS,
  FLOOR,
  NO_FILTER,
  READS_STREAM,
} from "./scenarios.js";
import { SEVEN_MODULES, WHOLE_CHAIN } from "./scenarios-chain.js";
import { costRatio, median, over, sparkline, spread } from "./stats.js";

/** What the empty filter adds to a request on the machine for which limits in µs were set. */
const EMPTY_MICROSECONDS = 6;

/** The most that merely reading each part of a stream cost, × none, where limits of streams were set. */
const READING = 1.05;

/** What a row may cost beside its row without the filter. */
export type Limit =
  /** Microseconds it may add to a request. */
  | { addedMicroseconds: number }
  /** How many times the whole CPU time, where `READS_STREAM` takes `READING` times of it. */
  | { timesNone: number }
  /** How many times what another row adds to a request. */
  | { timesAdded: number; of: string };

/** What was measured of one scenario. */
export interface Row {
  name: string;
  /** Name of the row without the filter; `NO_FILTER` by default. */
  base?: string;
  /** CPU nanoseconds per request, one value per round. */
  cpuNs: number[];
  /** The same, every burst of every round. */
  burstNs: number[][];
  /** How often one request does the thing that is measured. */
  times: number;
  limit?: Limit;
  /** From the start of the process to the first answer. */
  readyMs?: number;
  /** After the last round. */
  memory?: Memory;
  wasmBytes?: number;
  /** Why there are no figures. */
  failed?: string;
}

/** Resident memory over the requests of one scenario. */
export interface Curve {
  name: string;
  /** Requests between two values. */
  step: number;
  rssKiB: number[];
}

/** What a plugin adds to the memory of an Envoy with several workers. */
export interface WorkerMemory {
  workers: number;
  /** Resident memory of the whole process over the Envoy it is compared with, KiB. */
  moreKiB: number;
}

/** One run; this is also the JSON file. */
export interface Report {
  /** ISO 8601, UTC. */
  date: string;
  machine: Machine;
  options: {
    rounds: number;
    bursts: number;
    requests: number;
    connections: number;
    /** How often every Envoy was started anew. */
    starts: number;
  };
  rows: Row[];
  /** Null when it was not measured. */
  perWorker: WorkerMemory | null;
  /** Of all plugins together over no filter; null when it was not measured. */
  chain: Record<string, WorkerMemory | null>;
  curves: Curve[];
}

/** The main table: one row per scenario, costs above the Envoy with no filter. */
export function table(report: Report): string {
  const empty = row(report, EMPTY)?.cpuNs ?? [];
  const lean = row(report, EMPTY_LEAN)?.cpuNs ?? [];
  const emptyMemory = row(report, EMPTY)?.memory;
  const bases = new Set([NO_FILTER, ...report.rows.map((one) => one.base)]);
  const lines = report.rows.map((one) => {
    if (one.failed) return [one.name, one.failed];
    const base = baseOf(report, one);
    const added = over(one.cpuNs, base);
    const more = one.memory && emptyMemory ? one.memory.rss - emptyMemory.rss : NaN;
    const isBase = bases.has(one.name);
    // Behind an upstream an empty filter costs something else.
    const isDirect = !isBase && (one.base ?? NO_FILTER) === NO_FILTER;
    return [
      one.name,
      micro(median(one.cpuNs)),
      isBase ? "–" : micro(median(added)),
      isBase ? "–" : micro(spread(added)),
      isBase ? "–" : times(wholeRatio(one.cpuNs, base)),
      isDirect ? times(costRatio(one.cpuNs, empty, base)) : "–",
      isDirect ? times(costRatio(one.cpuNs, lean, base)) : "–",
      mebi(one.memory?.rss),
      mebi(more),
      one.readyMs?.toFixed(0) ?? "–",
      one.wasmBytes ? (one.wasmBytes / 1024).toFixed(1) : "–",
    ];
  });
  const titles = [
    "scenario",
    "CPU µs/request",
    "added µs",
    "±",
    "× none",
    "× empty",
    "× lean",
    "RSS MiB",
    "over empty",
    "ready ms",
    ".wasm KiB",
  ];
  return [heading(report), columns([titles, ...lines]), ...report.curves.map(curve)].join("\n");
}

/** The table of `--calls`: what one callback or one host call costs, in nanoseconds. */
export function callTable(report: Report): string {
  const base = row(report, NO_FILTER)?.cpuNs ?? [];
  const bare = row(report, EMPTY_NO_CALLBACKS)?.cpuNs ?? [];
  const idle = row(report, "no host call")?.cpuNs ?? [];
  const lines = report.rows
    .filter(({ name }) => name !== NO_FILTER)
    .map((one) => {
      if (one.failed) return [one.name, one.failed];
      const [from, against] = one.name.startsWith("only ")
        ? [bare, EMPTY_NO_CALLBACKS]
        : one.name.startsWith("empty") || one.name === "no host call"
          ? [base, NO_FILTER]
          : [idle, "no host call"];
      const added = over(one.cpuNs, from).map((ns) => ns / one.times);
      return [one.name, median(added).toFixed(0), spread(added).toFixed(0), against];
    });
  return `${heading(report)}\n${columns([["what", "ns each", "±", "above"], ...lines])}`;
}

/** The promises of the project next to what this run found, as far as they were measured. */
export function criteria(report: Report): string {
  const lines = [
    ...keyAuthVerdicts(report),
    ...report.rows.flatMap((one) => limitVerdict(report, one)),
    ...chainVerdicts(report),
  ];
  return lines.length ? `\nPromises\n${lines.join("\n")}` : "";
}

function limitVerdict(report: Report, one: Row): string[] {
  const { limit, name } = one;
  if (!limit || one.failed || one.cpuNs.length === 0) return [];
  const base = baseOf(report, one);
  if ("timesNone" in limit) {
    const reading = wholeRatio(one.cpuNs, row(report, READS_STREAM)?.cpuNs ?? []);
    return [
      verdict(`${name}: CPU time × the same without`, wholeRatio(one.cpuNs, base), limit.timesNone),
      verdict(
        `${name}: CPU time × reading alone, times ${READING}`,
        reading * READING,
        limit.timesNone,
      ),
    ];
  }
  if ("timesAdded" in limit) {
    const other = row(report, limit.of)?.cpuNs ?? [];
    const what = `${name}: adds × what "${limit.of}" adds`;
    return [verdict(what, costRatio(one.cpuNs, other, base), limit.timesAdded)];
  }
  const added = median(over(one.cpuNs, base)) / 1000;
  const empty = median(over(row(report, EMPTY)?.cpuNs ?? [], row(report, NO_FILTER)?.cpuNs ?? []));
  const scaled = empty > 0 ? (added * EMPTY_MICROSECONDS * 1000) / empty : null;
  return [
    verdict(`${name}: µs added`, added, limit.addedMicroseconds),
    verdict(
      `the same, times ${EMPTY_MICROSECONDS} / ${micro(empty)} µs of the empty filter`,
      scaled,
      limit.addedMicroseconds,
    ),
  ];
}

/** What all plugins together promise besides CPU time. */
function chainVerdicts({ rows, chain }: Report): string[] {
  return [WHOLE_CHAIN, SEVEN_MODULES].flatMap((name) => {
    const one = rows.find((row) => row.name === name);
    if (!one || one.failed) return [];
    const memory = chain[name] ?? null;
    const mebibytes = memory ? memory.moreKiB / 1024 : null;
    return [
      verdict(`${name}: ms from start to the first answer`, one.readyMs ?? null, 500),
      verdict(`${name}: MiB over no filter, ${memory?.workers ?? 2} workers`, mebibytes, 40),
    ];
  });
}

function keyAuthVerdicts(report: Report): string[] {
  const base = row(report, NO_FILTER)?.cpuNs ?? [];
  const empty = row(report, EMPTY);
  const few = row(report, "key-auth, 10 consumers");
  const many = row(report, "key-auth, 10000 consumers");
  if (!empty || !few || few.failed || few.cpuNs.length === 0) return [];
  const lines = [
    verdict(`key-auth adds × what ${EMPTY} adds`, costRatio(few.cpuNs, empty.cpuNs, base), 2.5),
    memoryVerdict(report.perWorker),
  ];
  const lean = row(report, EMPTY_LEAN);
  if (lean) {
    const ratio = costRatio(few.cpuNs, lean.cpuNs, base);
    lines.push(note(`key-auth adds × what ${EMPTY_LEAN} adds`, ratio));
  }
  const floor = row(report, FLOOR);
  if (floor) {
    const ratio = costRatio(few.cpuNs, floor.cpuNs, base);
    lines.push(note("key-auth adds × what its host calls alone add", ratio));
  }
  if (many && !many.failed) {
    const whole = wholeRatio(many.cpuNs, few.cpuNs);
    lines.push(
      verdict("a request with 10 000 consumers against 10, whole CPU time", whole, 1.1),
      verdict("the same, only what the filter adds", costRatio(many.cpuNs, few.cpuNs, base), 1.1),
    );
  }
  return lines;
}

function memoryVerdict(memory: WorkerMemory | null): string {
  const workers = memory ? ` (${memory.workers} workers)` : "";
  return verdict(
    `MiB per worker over the Envoy with the empty filter, 10 consumers${workers}`,
    memory ? memory.moreKiB / memory.workers / 1024 : null,
    2,
  );
}

function verdict(what: string, value: number | null, limit: number): string {
  if (value === null || Number.isNaN(value))
    return `  ?    ${what}: not measurable in this run (limit ${limit})`;
  return `  ${value <= limit ? "ok  " : "OVER"} ${what}: ${value.toFixed(2)} (limit ${limit})`;
}

/** A figure without a limit of its own. */
function note(what: string, value: number | null): string {
  return `  –    ${what}: ${times(value)}`;
}

/** Rounds of the row without the filter. */
function baseOf(report: Report, one: Row): number[] {
  return row(report, one.base ?? NO_FILTER)?.cpuNs ?? [];
}

/** How many times more CPU: the median of the rounds' ratios. */
function wholeRatio(rounds: number[], base: number[]): number {
  return median(over(rounds, base).map((ns, i) => 1 + ns / (base[i] ?? NaN)));
}

function row(report: Report, name: string): Row | undefined {
  return report.rows.find((one) => one.name === name);
}

function heading({ date, machine, options }: Report): string {
  return (
    `\n${date.slice(0, 16).replace("T", " ")} UTC, ${machine.cpu}, ${machine.cores} cores, ` +
    `${machine.memoryMiB} MiB, Linux ${machine.kernel}, Node ${machine.node}, Envoy ${machine.envoy}\n` +
    `${options.rounds} interleaved rounds over ${options.starts} starts of each Envoy, each the ` +
    `cheapest of ${options.bursts} bursts of ${options.requests} requests over ` +
    `${options.connections} connections; median of the rounds\n`
  );
}

function curve({ name, step, rssKiB }: Curve): string {
  const first = rssKiB[0] ?? NaN;
  const middle = rssKiB[rssKiB.length >> 1] ?? NaN;
  const last = rssKiB[rssKiB.length - 1] ?? NaN;
  const requests = step * (rssKiB.length - 1);
  return (
    `\nRSS of "${name}" over ${requests} requests: ${sparkline(rssKiB, 1024)}\n` +
    `  ${mebi(first)} MiB at first, ${mebi(middle)} after half, ${mebi(last)} at the end\n` +
    `  every ${step}: ${rssKiB.map((kib) => mebi(kib)).join(" ")}`
  );
}

function micro(ns: number): string {
  return Number.isNaN(ns) ? "–" : (ns / 1000).toFixed(2);
}

function mebi(kib: number | undefined): string {
  return kib === undefined || Number.isNaN(kib) ? "–" : (kib / 1024).toFixed(1);
}

function times(ratio: number | null): string {
  return ratio === null ? "–" : ratio.toFixed(2);
}

/** Left-aligns the first column, right-aligns the others; a short line is not aligned. */
function columns(lines: string[][]): string {
  const full = lines.filter((line) => line.length === lines[0]?.length);
  const first = Math.max(...lines.map((line) => line[0]?.length ?? 0));
  const widths = (full[0] ?? []).map((_, i) =>
    Math.max(...full.map((line) => line[i]?.length ?? 0)),
  );
  return lines
    .map(([name = "", ...cells]) => {
      const aligned = full.some((line) => line[0] === name);
      const rest = aligned ? cells.map((cell, i) => cell.padStart(widths[i + 1] ?? 0)) : cells;
      return [name.padEnd(first), ...rest].join("  ");
    })
    .join("\n");
}
