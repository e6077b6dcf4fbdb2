/** One measured operation. */
export interface Timing {
  name: string;
  /** Nanoseconds per call: the median of the samples. */
  ns: number;
  /** Megabytes (10^6 bytes) per second. */
  mbPerSecond: number;
}

/** What to measure; `run` must do the work `bytes` of input need, each time it is called. */
export interface Task {
  name: string;
  bytes: number;
  run: () => void;
}

const SAMPLES = 15;
const SAMPLE_NS = 20e6;

/**
 * Times the tasks interleaved, sample by sample, so that a busy moment of the machine hits all of
 * them. Each sample repeats a task for about 20 ms; the first one is warm-up and dropped.
 */
export function timeTasks(tasks: Task[]): Timing[] {
  const samples = tasks.map((): number[] => []);
  const repeats = tasks.map(calibrate);
  for (let sample = 0; sample <= SAMPLES; sample++) {
    for (const [i, task] of tasks.entries()) {
      const ns = timeOnce(task, repeats[i] ?? 1);
      if (sample > 0) samples[i]?.push(ns);
    }
  }
  return tasks.map((task, i) => {
    const sorted = (samples[i] ?? []).sort((a, b) => a - b);
    const ns = sorted[sorted.length >> 1] ?? NaN;
    return { name: task.name, ns, mbPerSecond: (task.bytes / ns) * 1000 };
  });
}

/** Prints one line per timing, with the ratio to the first one. */
export function printTimings(title: string, timings: Timing[]): void {
  console.log(`\n${title}`);
  const first = timings[0]?.ns ?? NaN;
  for (const { name, ns, mbPerSecond } of timings) {
    const time = ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`;
    console.log(
      `  ${name.padEnd(34)}${time.padStart(12)}${mbPerSecond.toFixed(0).padStart(8)} MB/s` +
        `${(ns / first).toFixed(2).padStart(8)} ×`,
    );
  }
}

/** How many calls fill one sample. */
function calibrate(task: Task): number {
  let repeats = 1;
  while (timeOnce(task, repeats) * repeats < SAMPLE_NS / 2) repeats *= 2;
  return repeats * 2;
}

function timeOnce(task: Task, repeats: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < repeats; i++) task.run();
  return Number(process.hrtime.bigint() - start) / repeats;
}
