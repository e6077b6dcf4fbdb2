import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ScriptCall } from "../words";

/**
 * A call of a script on balances, each followed by the key of what is taken from it:
 * `{<balance>}:r`. The braces put both into one slot of a Redis Cluster; a balance with braces of
 * its own keeps them.
 */
export function balanceCall(script: Slice, balances: Slice[]): ScriptCall {
  const call = new ScriptCall(script);
  for (let i = 0; i < balances.length; i++) {
    const isTagged = balances[i].indexOf(0x7b) >= 0;
    const holds = new Builder(balances[i].length + 4);
    if (!isTagged) holds.appendByte(0x7b);
    holds.append(balances[i]);
    if (!isTagged) holds.appendByte(0x7d);
    call.key(balances[i]).key(holds.appendText(":r").view());
  }
  return call;
}
