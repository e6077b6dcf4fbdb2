import { ConfigReader } from "@ai-gateway-wasm/kit";

const LEVELS: string[] = ["peer", "full"];
const FULL: i32 = 1;
const SPELLINGS: string[] = ["peer", "fixed"];
const FIXED: i32 = 1;
export const VERSIONS: string[] = ["2.0", "1.0"];
export const OLD: i32 = 1;

/** How a configuration wants its log (content-security.md 4.8, 6, 12). */
@final
export class LedgerHabits {
  /** Every phase of every API has calls, a status and a time. */
  readonly isFull: bool;
  /** The refusal of a request is spelt without the peer's mistake. */
  readonly spellsRight: bool;
  /** Images that were made are a request's, as in ai-security-guard 1.0. */
  readonly isOld: bool;

  /** @param fallback `auditLevel` when it is left out: true for `full` */
  constructor(config: ConfigReader, fallback: bool) {
    this.isFull = config.choice("auditLevel", LEVELS, fallback ? FULL : 0) == FULL;
    this.spellsRight = config.choice("statusSpelling", SPELLINGS, 0) == FIXED;
    this.isOld = config.choice("compat", VERSIONS, 0) == OLD;
  }
}
