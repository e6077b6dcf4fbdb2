import { PluginLog } from "@ai-gateway-wasm/kit";
import { monotonicNs } from "proxy-wasm-as";

/** Between two lines. */
const QUIET_NS: u64 = 10_000_000_000;

/** Says in the log that calls fail, once in a while: each request may meet the same. */
@final
export class Trouble {
  private quietUntilNs: u64 = 0;

  /** @param who does not answer */
  constructor(private readonly who: string) {}

  /** @param cause nothing of a question or an answer */
  tell(log: PluginLog, cause: string): void {
    const now = monotonicNs();
    if (now < this.quietUntilNs) return;
    this.quietUntilNs = now + QUIET_NS;
    log.error(this.who + ": " + cause);
  }
}
