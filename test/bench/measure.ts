import { readFileSync, readdirSync } from "node:fs";
import { cpus, release, setPriority, totalmem } from "node:os";
import { envoyVersion } from "../../build/tools/fetch.js";

/** Memory of a process in KiB. */
export interface Memory {
  /** Resident, the program's own pages included. */
  rss: number;
  /** Resident and private: heap, stacks, modules the engine compiled. */
  anonymous: number;
}

/** What the figures were measured on. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryMiB: number;
  kernel: string;
  node: string;
  envoy: string;
}

/** A clock tick of /proc/<pid>/stat in nanoseconds (USER_HZ is 100 on every Linux Envoy runs on). */
const TICK_NS = 10_000_000;

/**
 * CPU time of a process in nanoseconds, user and system, all threads. From the scheduler's own
 * account where the kernel has one (exact for a process at rest), else in ticks of 10 ms.
 */
export function cpuNanoseconds(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"))
      .reduce((sum, line) => sum + parseSchedstat(line), 0);
  } catch {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  }
}

/** Nanoseconds on the CPU: the first of the three numbers of a schedstat line. */
export function parseSchedstat(line: string): number {
  return Number(line.split(" ", 1)[0]);
}

/** utime + stime of a stat line in nanoseconds; the program's name may contain spaces and brackets. */
export function parseStat(line: string): number {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_NS;
}

/** Memory of a running process, from /proc/<pid>/status. */
export function memoryOf(pid: number): Memory {
  return parseStatus(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** The two sizes of a status file in KiB. */
export function parseStatus(status: string): Memory {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN);
  return { rss: field("VmRSS"), anonymous: field("RssAnon") };
}

/**
 * Asks the kernel to run all threads of a process before other work: a request that is interrupted
 * costs more CPU (cold caches), which is the largest noise on a machine that does other things.
 * Needs the right to do so; false when it is missing, the figures are then noisier, not wrong.
 */
export function raisePriority(pid: number): boolean {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), -15);
    return true;
  } catch {
    return false;
  }
}

export async function machine(envoy: string): Promise<Machine> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    node: process.version,
    envoy: (await envoyVersion(envoy))?.join(".") ?? "unknown",
  };
}
