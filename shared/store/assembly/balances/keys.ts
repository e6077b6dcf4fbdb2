import { Slice } from "@ai-gateway-wasm/bytes";
import { keyBeside } from "../hash-tag";
import { ScriptCall } from "../words";
import { Balance } from "./balance";

/**
 * A call of a script on balances, each followed by the key of what is taken from it:
 * `{<balance>}:r`, or what `keyBeside` makes of it.
 */
export function balanceCall(script: Slice, balances: Balance[]): ScriptCall {
  const call = new ScriptCall(script);
  for (let i = 0; i < balances.length; i++) {
    const key = balances[i].key;
    call.key(key).key(keyBeside(key).appendText("r").view());
  }
  return call;
}
