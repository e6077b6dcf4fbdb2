import pc from "picocolors";
import type { LastLine } from "./console.js";

const PERIOD_MS = 500;
/** `wasmcustom.<metric>: <value>`, as Envoy's admin page has them. */
const LINE = /^wasmcustom\.(\S+): (\d+)$/;
const SPLIT = /^model_router\.split\.[^.]+\.([^.]+)$/;
const SERVED = /^model_fallback\.[^.]+\.([^.]+)\.success$/;
/** Counted beside the variants. */
const NO_VARIANTS = new Set(["missing_key", "forced"]);

/** Shows who served how many requests, anew whenever that changes. Never ends the process' wait. */
export function showShares(adminPort: number, line: LastLine): void {
  let last = "";
  const timer = setInterval(async () => {
    const text = describeShares(await readStats(adminPort));
    if (text !== last) line.show(text);
    last = text;
  }, PERIOD_MS);
  timer.unref();
}

/** One line about the counters; empty while nothing is counted. */
export function describeShares(stats: string): string {
  const parts = [
    ["split", share(stats, SPLIT)],
    ["served", share(stats, SERVED)],
  ];
  return parts
    .filter(([, text]) => text)
    .map(([name, text]) => `${pc.dim(`${name}:`)} ${text}`)
    .join("   ");
}

/** `gpt-4o-mini 91 (91 %) · deepseek-r1 9 (9 %)` */
function share(stats: string, metric: RegExp): string {
  const counts = stats.split("\n").flatMap((line): [string, number][] => {
    const [, name = "", value = ""] = LINE.exec(line) ?? [];
    const variant = metric.exec(name)?.[1];
    return variant === undefined || NO_VARIANTS.has(variant) ? [] : [[variant, Number(value)]];
  });
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return "";
  const texts = counts
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count} (${Math.round((count / total) * 100)} %)`);
  return texts.join(" · ");
}

/** Empty when Envoy does not answer. */
async function readStats(adminPort: number): Promise<string> {
  const url = `http://127.0.0.1:${adminPort}/stats?filter=wasmcustom`;
  return fetch(url).then(
    (page) => page.text(),
    () => "",
  );
}
