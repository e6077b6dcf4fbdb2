import { bytes, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { Lease, NO_JOB, Timetable } from "@ai-gateway-wasm/kit/periodic";
import { HttpContext, register } from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_tick } from "proxy-wasm-as/callbacks";

const NAME: string = "periodic";

class Nothing {}

/*
 * Has a job for each number in `periods`, which tells its position when it is due, and with `lease`
 * set, whether the lease of so many seconds is its own. `name` makes configurations differ.
 */
class PeriodicRoot extends PluginRoot<Nothing> {
  private readonly jobs: Timetable = new Timetable();
  private lease: Lease | null = null;

  constructor(id: u32) {
    super(id, NAME);
  }

  override parseGlobal(document: ConfigReader): Nothing | null {
    const periods = document.texts("periods");
    const seconds = document.integer("lease", 0);
    this.jobs.clear();
    for (let i = 0; i < periods.length; i++) {
      this.jobs.every(i, <i32>I32.parseInt(periods[i].toString()));
    }
    if (!this.jobs.start(this.log)) document.refuseWith("no ticks");
    const text: Slice = document.value.raw;
    this.lease = seconds > 0 ? new Lease(bytes(NAME), text, seconds) : null;
    return new Nothing();
  }

  override parseRule(_rule: ConfigReader, _base: Nothing | null): Nothing | null {
    return new Nothing();
  }

  override accept(_id: u32, _config: Nothing): HttpContext | null {
    return null;
  }

  override onTick(): void {
    for (let job = this.jobs.due(); job != NO_JOB; job = this.jobs.due()) {
      const lease = this.lease;
      if (lease === null) this.log.info("job " + decimal(job));
      else this.log.info(lease.renew() ? "mine" : "not mine");
    }
  }
}

register((id) => new PeriodicRoot(id));
