import { envoy140 } from "./envoy-1.40.js";
import type { Profile } from "./profile.js";

/** Higress 2.1 (fork of Envoy 1.27); harness.md §7. */
export const higress21: Profile = {
  ...envoy140,
  name: "higress-2.1",
  abiVersions: ["0_1_0", "0_2_0", "0_2_1", "0_2_100"],
  higressCalls: true,
  missingForeign: new Set([
    "set_envoy_filter_state",
    "clear_route_cache",
    "verify_signature",
    "sign",
  ]),
  callsMainVoid: false,
  keepsStopIterationFor100: true,
  hasStopIterationOption: false,
  // envoyproxy/envoy#35884, #36227, fixed by #36411 in 1.33
  bufferingShowsCurrentChunk: false,
  restrictsAllocator: false,
  topLevelRouteName: true,
  recoveryIntervalMs: 1000,
  secondReplyRefused: true,
  prefixesReplyDetails: true,
  controlProperties: true,
  // host.md 5.4
  bufferLimitBytes: 32 * 1024,
};
