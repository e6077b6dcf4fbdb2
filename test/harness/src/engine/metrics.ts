import { MetricType, Status } from "../abi/enums.js";
import type { MetricIds } from "../abi/guest.js";

export interface Stat {
  type: number;
  name: string;
  value: bigint;
  /** Histogram records. */
  values: bigint[];
}

/** Stats of the process; VMs hold ids of them. */
export class MetricStore {
  readonly stats = new Map<string, Stat>();

  stat(type: number, name: string): Stat {
    const key = `${type}:${name}`;
    let stat = this.stats.get(key);
    if (!stat) this.stats.set(key, (stat = { type, name, value: 0n, values: [] }));
    return stat;
  }

  find(type: number, name: string): Stat | undefined {
    return this.stats.get(`${type}:${name}`);
  }
}

const wrap = (value: bigint) => BigInt.asUintN(64, value);

/** Metric ids of one VM: the low two bits tell the type, every definition is a new id. */
export class VmMetrics implements MetricIds {
  private ids = new Map<number, Stat>();
  private next = [4, 5, 6];
  private emulatorIds = new Map<string, number>();

  constructor(
    private store: MetricStore,
    private emulator: boolean,
    private note: (rule: string, message: string) => void,
  ) {}

  define(type: number, name: string): number {
    if (this.emulator) {
      let id = this.emulatorIds.get(name);
      if (id === undefined) {
        id = this.emulatorIds.size;
        this.emulatorIds.set(name, id);
        this.ids.set(id, this.store.stat(type, name));
      }
      return id;
    }
    const id = this.next[type]!;
    this.next[type] = id + 4;
    this.ids.set(id, this.store.stat(type, name));
    return id;
  }

  increment(id: number, offset: bigint): number {
    const stat = this.ids.get(id);
    if (this.emulator) {
      if (stat) stat.value = wrap(stat.value + offset);
      return stat ? Status.Ok : Status.NotFound;
    }
    if ((id & 3) > MetricType.Gauge) return Status.BadArgument;
    if (!stat) return Status.NotFound;
    if (stat.type === MetricType.Counter && offset <= 0n) {
      this.note("S15", `counter incremented by ${offset}`);
      return Status.BadArgument;
    }
    if (stat.type === MetricType.Gauge && stat.value + offset < 0n) {
      this.note("S15", `gauge "${stat.name}" fell below 0 and wrapped`);
    }
    stat.value = wrap(stat.value + offset);
    return Status.Ok;
  }

  record(id: number, value: bigint): number {
    const stat = this.ids.get(id);
    if (!stat) return Status.NotFound;
    if (stat.type === MetricType.Counter && !this.emulator) stat.value = wrap(stat.value + value);
    else stat.value = wrap(value);
    if (stat.type === MetricType.Histogram) stat.values.push(wrap(value));
    return Status.Ok;
  }

  get(id: number): bigint | number {
    if (!this.emulator && (id & 3) > MetricType.Gauge) {
      this.note("S15", "a histogram cannot be read");
      return Status.BadArgument;
    }
    return this.ids.get(id)?.value ?? Status.NotFound;
  }
}
