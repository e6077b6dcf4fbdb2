import { HEADERS_ACTION_NAMES } from "../abi/enums.js";
import { HEADERS } from "./iteration.js";
import type { CallResult, Vm } from "./vm.js";

/**
 * What a host makes of the number a callback returned (harness.md §4).
 *
 * @param names of the actions this callback has
 * @param stopped the action after a local reply
 * @param keeps whether a 1 from headers stays 1
 */
export function convertAction(
  { replied, returned }: CallResult,
  names: readonly string[],
  stopped: number,
  keeps: () => boolean,
): number {
  if (replied) return stopped;
  if (returned === undefined) return 0;
  const value = Math.min(returned >>> 0, names.length - 1);
  if (names !== HEADERS_ACTION_NAMES) return value;
  if (value === 2) return HEADERS.Continue;
  return value === HEADERS.Stop && !keeps() ? HEADERS.StopAllWatermark : value;
}

/** @param asked `allow_on_headers_stop_iteration` */
export function keepsStop(vm: Vm, asked: boolean): boolean {
  const { profile, abi } = vm;
  if (profile.emulator) return true;
  const isOlder = abi !== "0_2_100" && vm.hasExport("proxy_on_request_headers");
  if (profile.keepsStopIterationFor100 && !isOlder) return true;
  return profile.hasStopIterationOption && asked;
}
