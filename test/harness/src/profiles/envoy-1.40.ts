import type { Profile } from "./profile.js";

/** Plain Envoy 1.40: the reference every other profile is a difference from. */
export const envoy140: Profile = {
  name: "envoy-1.40",
  abiVersions: ["0_1_0", "0_2_0", "0_2_1"],
  higressCalls: false,
  missing: new Set(),
  missingForeign: new Set(),
  callsMainVoid: true,
  keepsStopIterationFor100: false,
  hasStopIterationOption: true,
  bufferingShowsCurrentChunk: true,
  restrictsAllocator: true,
  topLevelRouteName: false,
  recoveryIntervalMs: null,
  secondReplyRefused: false,
  prefixesReplyDetails: false,
  controlProperties: false,
};
