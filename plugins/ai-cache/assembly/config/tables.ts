import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Geometry, SlotGauges, SlotTable } from "@ai-gateway-wasm/store/slots";
import { METRIC_NAME } from "../names";
import { RedisLogins } from "./redis-logins";

/**
 * What the stores of one configuration and its rules share: tables in shared data, each namespace of
 * one shape, and ways to Redis.
 */
@final
export class Tables {
  readonly logins: RedisLogins = new RedisLogins();
  private readonly gauges: SlotGauges = new SlotGauges(METRIC_NAME);
  private readonly known: Geometry[] = [];

  /** The table of a shape; null: its namespace has another one, which is noted in the reader. */
  open(geometry: Geometry, block: ConfigReader): SlotTable | null {
    for (let i = 0; i < this.known.length; i++) {
      if (!this.known[i].contradicts(geometry)) continue;
      block.refuse(
        "memory",
        "another part of the configuration has this namespace in another size",
      );
      return null;
    }
    this.known.push(geometry);
    const table = new SlotTable(geometry, this.gauges);
    table.settle();
    return table;
  }
}
