import { Slice } from "@ai-gateway-wasm/bytes";
import { keyBeside, ScriptCall } from "../words";

/**
 * A call of a script on balances, each followed by the key of what is taken from it:
 * `{<balance>}:r`.
 */
export function balanceCall(script: Slice, balances: Slice[]): ScriptCall {
  const call = new ScriptCall(script);
  for (let i = 0; i < balances.length; i++) {
    call.key(balances[i]).key(keyBeside(balances[i]).appendText("r").view());
  }
  return call;
}
