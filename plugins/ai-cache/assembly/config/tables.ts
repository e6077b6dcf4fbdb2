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
  private opened: SlotTable[] = [];

  /** The table of a shape; null: its namespace has another one, which is noted in the reader. */
  open(geometry: Geometry, block: ConfigReader): SlotTable | null {
    for (let i = 0; i < this.opened.length; i++) {
      if (!this.opened[i].geometry.contradicts(geometry)) continue;
      block.refuse(
        "memory",
        "another part of the configuration has this namespace in another size",
      );
      return null;
    }
    const table = new SlotTable(geometry, this.gauges);
    this.opened.push(table);
    return table;
  }

  /** The part that opened tables so far is refused: others may shape them otherwise. */
  forget(): void {
    this.opened = [];
  }

  /** The configuration is accepted: its shapes are those in use, and what had another is empty. */
  settle(): void {
    for (let i = 0; i < this.opened.length; i++) this.opened[i].settle();
  }
}
