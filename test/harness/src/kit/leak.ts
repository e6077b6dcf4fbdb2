import type { Vm } from "../engine/vm.js";
import type { Host } from "./host.js";

export interface LeakOptions {
  /** Runs that are measured; default 200. */
  runs?: number;
  /** Runs before the first measurement; default 50. */
  warmup?: number;
}

export interface LeakReport {
  /** Linear memory in bytes after warm-up and after the measured runs, main thread included. */
  before: number;
  after: number;
  /** Distance of two probe allocations taken after warm-up and at the end; null if an allocator gave none. */
  drift: number | null;
  contextsBefore: number;
  contextsAfter: number;
  /** Bytes a run leaves behind, as far as they show. */
  perRun: number;
  /** Something still rose in each third of the runs, or contexts were kept. */
  leaking: boolean;
}

/** Growth of one run that is taken for noise: half of the smallest block an allocator hands out. */
const NOISE = 8;
/** Size of the probe: larger than the holes that small objects leave. */
const PROBE = 1024;
/** What a probe that stays behind takes itself, with its header. */
const OWN = PROBE + 32;

interface Sample {
  memory: number;
  /** Sum of the probes' addresses over all VMs; null where nothing can be probed. */
  top: number | null;
  contexts: number;
}

/**
 * Runs `scenario` again and again on one host and measures at three borders (harness.md 8.4). Linear
 * memory grows by whole pages, so a small leak shows elsewhere first: the guest collects, and a block
 * taken from its allocator lies higher each time. What rises in every third is a leak;
 * what stops (an allocator finding its size) is none. A leak is reported as S19.
 */
export async function checkLeaks(
  host: Host,
  scenario: (run: number) => Promise<unknown>,
  { runs = 200, warmup = 50 }: LeakOptions = {},
): Promise<LeakReport> {
  let run = 0;
  const repeat = async (times: number): Promise<Sample> => {
    for (const end = run + times; run < end; run++) await scenario(run);
    return measure(host);
  };
  const third = Math.ceil(runs / 3);
  const first = await repeat(warmup);
  const samples = [first, await repeat(third), await repeat(third), await repeat(third)];
  const last = samples.at(-1)!;
  const rises = (pick: (sample: Sample) => number | null, least: number): boolean =>
    samples.slice(1).every((sample, i) => {
      const [now, then] = [pick(sample), pick(samples[i]!)];
      return now !== null && then !== null && now - then > least;
    });
  const drift = last.top === null || first.top === null ? null : last.top - first.top;
  const leaking =
    rises((sample) => sample.memory, 0) ||
    rises((sample) => sample.top, OWN + NOISE * third) ||
    last.contexts > first.contexts;
  const report: LeakReport = {
    before: first.memory,
    after: last.memory,
    drift,
    contextsBefore: first.contexts,
    contextsAfter: last.contexts,
    perRun: Math.max(drift ?? 0, last.memory - first.memory, 0) / (3 * third),
    leaking,
  };
  if (leaking) host.reportLeak(describeLeak(report));
  return report;
}

/** One line that says what still rose. */
export function describeLeak(report: LeakReport): string {
  const { before, after, contextsBefore, contextsAfter, perRun } = report;
  const kept = contextsAfter - contextsBefore;
  const contexts = kept > 0 ? `, ${kept} contexts kept` : "";
  return `${Math.round(perRun)} bytes per run, memory ${before} to ${after}${contexts}`;
}

function measure(host: Host): Sample {
  const vms = host.allVms();
  const tops = vms.map(probe);
  return {
    memory: vms.reduce((sum, vm) => sum + vm.memory.size, 0),
    top: tops.reduce<number | null>(
      (sum, top) => (sum === null || top === null ? null : sum + top),
      0,
    ),
    contexts: vms.reduce((sum, vm) => sum + vm.contexts.size, 0),
  };
}

/**
 * Address of a block the guest's allocator gives now: it rises with what lies below it. The block is
 * freed, or collected; a guest that exports neither collects it between its callbacks, as it must
 * with everything a host hands it. Null if the allocator gives nothing.
 */
function probe(vm: Vm): number | null {
  if (vm.hasExport("__collect")) vm.callExport("__collect");
  const allocator = vm.hasExport("malloc") ? "malloc" : "proxy_on_memory_allocate";
  const pointer = vm.callExport(allocator, PROBE);
  if (!pointer) return null;
  if (vm.hasExport("free")) vm.callExport("free", pointer);
  return pointer >>> 0;
}
