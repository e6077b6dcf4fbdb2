import { OwnFields } from "@ai-gateway-wasm/kit";
import { CacheConfig, Terminator } from "./config";

const CHOICES: string[] = ["secure", "peer"];
const PEER: i32 = 1;

/**
 * Reads `compat`: `peer` sets the options to what Higress's ai-cache does where ours is safer by default.
 * It only chooses defaults; each option can still be given.
 *
 * @returns true for `peer`
 */
export function readCompat(ours: OwnFields, config: CacheConfig): bool {
  if (ours.choice("compat", CHOICES, 0) != PEER) return false;
  config.cachesNonUserTurns = true;
  config.terminator = Terminator.Never;
  config.statuses = [];
  config.finishReasons = [];
  config.maxBodyBytes = 0;
  config.maxKeyBytes = 0;
  config.maxValueBytes = 0;
  config.lookupDeadlineMs = 0;
  return true;
}
