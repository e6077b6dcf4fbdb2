import { envoy140 } from "./envoy-1.40.js";
import { higress21 } from "./higress-2.1.js";
import { higress22 } from "./higress-2.2.js";
import type { Profile } from "./profile.js";
import { proxytest } from "./proxytest.js";

export type { EmulatorQuirks, Profile } from "./profile.js";

/** Every known host by name. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  [envoy140.name]: envoy140,
  [higress21.name]: higress21,
  [higress22.name]: higress22,
  [proxytest.name]: proxytest,
};

/** Profile by name; TypeError naming the known ones. */
export function findProfile(name: string): Profile {
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile) return profile;
  throw new TypeError(`unknown profile "${name}", known: ${Object.keys(PROFILES).join(", ")}`);
}
