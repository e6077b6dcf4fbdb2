import { MetricType } from "../abi/enums.js";
import { toBinary, toText } from "../abi/text.js";
import type { MetricStore } from "../engine/metrics.js";
import type { MetricsView } from "../types.js";

/** Metrics as a test reads them. Stats of the host itself start with `wasm.`. */
export function viewMetrics(store: MetricStore): MetricsView {
  const value = (type: number, name: string): number => {
    const key = /^wasm\..*\.vm_reload_/.test(name) ? `\0${name}` : toBinary(name);
    return Number(store.find(type, key)?.value ?? 0n);
  };
  return {
    get all() {
      const out: Record<string, number> = {};
      for (const stat of store.stats.values()) {
        out[toText(stat.name.replace(/^\0/, ""))] =
          stat.type === MetricType.Histogram
            ? stat.values.length
            : Number(BigInt.asIntN(64, stat.value));
      }
      return out;
    },
    counter: (name) => value(MetricType.Counter, name),
    gauge: (name) => value(MetricType.Gauge, name),
    histogram: (name) =>
      (store.find(MetricType.Histogram, toBinary(name))?.values ?? []).map(Number),
  };
}
