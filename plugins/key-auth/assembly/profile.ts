import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, configText } from "@ai-gateway-wasm/kit";

/** Whose configuration and wire behaviour is followed (key-auth.md 2.4). */
export const enum Profile {
  /** Higress's Go plugin. */
  Go,
  /** Higress's C++ plugin and what the Higress console writes. */
  Cpp,
}

const COMPAT: string[] = ["auto", "go", "cpp"];
const CONSOLE_DUMMY_KEY: Slice = bytes("x-higress-dummy-key");

/** True when `compat` names a profile, so that none is guessed. */
export function namesProfile(document: ConfigReader): bool {
  return document.choice("compat", COMPAT, 0) != 0;
}

/** The profile that `compat` names, or that the document shows by a construct only C++ has. */
export function readProfile(document: ConfigReader): Profile {
  const compat = document.choice("compat", COMPAT, 0);
  if (compat == 1) return Profile.Go;
  if (compat == 2) return Profile.Cpp;
  return isCpp(document) ? Profile.Cpp : Profile.Go;
}

function isCpp(document: ConfigReader): bool {
  if (document.has("credentials")) return true;
  const keys = document.list("keys");
  if (keys.length == 1 && configText(keys[0]).equals(CONSOLE_DUMMY_KEY)) return true;
  const consumers = document.objects("consumers");
  for (let i = 0; i < consumers.length; i++) {
    const consumer = consumers[i];
    if (consumer.has("keys") || consumer.has("in_query") || consumer.has("in_header")) return true;
  }
  const rules = document.objects("_rules_");
  for (let i = 0; i < rules.length; i++) {
    if (rules[i].has("consumers") || rules[i].has("credentials")) return true;
  }
  return false;
}
