import type { FailurePolicy } from "../types.js";
import type { VmSettings } from "./vm.js";

/** One plugin of the chain, settled: what `PluginOptions` become. */
export interface PluginSettings {
  name: string;
  rootId: string;
  config: Uint8Array;
  keepsStopIteration: boolean;
  /** `LEGACY_OPEN` is `fail_open: true`, which treats the trapping stream differently. */
  failurePolicy: FailurePolicy | "LEGACY_OPEN";
  reloadBackoffMs: number;
  vm: VmSettings;
}
