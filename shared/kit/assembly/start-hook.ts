import { PluginLog } from "./log";

/**
 * What a plugin had to do before its configuration is read went wrong (host.md 2.3, step 1):
 *
 *   override onConfigure(configuration: Slice): bool {
 *     const reason = this.openEverything(); // null: went well
 *     return reason === null ? super.onConfigure(configuration) : startHookFailed(this.log, reason);
 *   }
 *
 * @returns false, which refuses the configuration
 */
export function startHookFailed(log: PluginLog, reason: string): bool {
  log.error("prePluginStartOrReload hook failed: " + reason);
  return false;
}
