import { Slice } from "@ai-gateway-wasm/bytes";
import { keyBeside } from "../hash-tag";
import { ScriptCall } from "../words";
import { Balance } from "./balance";

/**
 * A call of a script on balances, each followed by the key of what is taken from it:
 * `{<balance>}:<line feed>r`, or what `keyBeside` makes of it. No header holds a line feed: were it not there,
 * `{<prefix>}:alice:r` would be the balance of somebody else.
 */
export function balanceCall(script: Slice, balances: Balance[]): ScriptCall {
  const call = new ScriptCall(script);
  for (let i = 0; i < balances.length; i++) {
    const key = balances[i].key;
    call.key(key).key(keyBeside(key).appendText("\nr").view());
  }
  return call;
}
