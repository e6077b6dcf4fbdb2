import { Slice } from "@ai-gateway-wasm/bytes";
import { MetricType, Status } from "../abi/enums";
import {
  proxy_define_metric,
  proxy_get_metric,
  proxy_increment_metric,
  proxy_record_metric,
} from "../abi/imports";
import { clearOut, OUT_LONG, OUT_NUMBER, takeNumber } from "../memory/out";

/** No metric: hosts answer NotFound or BadArgument to it. Their ids begin at 0. */
const NO_METRIC: u32 = 0xffffffff;

/** The id of a metric; a metric that the host refuses counts nothing, and not in another one. */
function define(type: MetricType, name: Slice): u32 {
  clearOut();
  const status = proxy_define_metric(type, name.ptr, name.length, OUT_NUMBER);
  return status == Status.Ok ? takeNumber() : NO_METRIC;
}

/** Hosts publish metrics as `wasmcustom.<name>`. Define them once, when the plugin is configured. */
@final
export class Counter {
  private readonly id: u32;

  constructor(name: Slice) {
    this.id = define(MetricType.Counter, name);
  }

  /** @param by greater than zero; the host refuses anything else */
  increment(by: i64 = 1): void {
    if (by > 0) proxy_increment_metric(this.id, by);
  }

  get value(): u64 {
    return read(this.id);
  }
}

/** A value that goes up and down; all VMs and workers of a process share it by its name. */
@final
export class Gauge {
  private readonly id: u32;

  constructor(name: Slice) {
    this.id = define(MetricType.Gauge, name);
  }

  set(value: u64): void {
    proxy_record_metric(this.id, <i64>value);
  }

  /** @param by may be negative; Envoy wraps below zero, so never take more than is there */
  add(by: i64): void {
    proxy_increment_metric(this.id, by);
  }

  get value(): u64 {
    return read(this.id);
  }
}

/** A distribution of values, such as milliseconds; the host chooses the buckets and keeps them. */
@final
export class Histogram {
  private readonly id: u32;

  constructor(name: Slice) {
    this.id = define(MetricType.Histogram, name);
  }

  record(value: u64): void {
    proxy_record_metric(this.id, <i64>value);
  }
}

/** The current value, 0 when the host does not know the metric. */
function read(id: u32): u64 {
  store<u64>(OUT_LONG, 0);
  return proxy_get_metric(id, OUT_LONG) == Status.Ok ? load<u64>(OUT_LONG) : 0;
}
