import { higress21 } from "./higress-2.1.js";
import type { Profile } from "./profile.js";

/** Higress 2.2 (fork of Envoy 1.36); harness.md §7. */
export const higress22: Profile = {
  ...higress21,
  name: "higress-2.2",
  missingForeign: new Set(),
  hasStopIterationOption: true,
  bufferingShowsCurrentChunk: true,
  restrictsAllocator: true,
};
