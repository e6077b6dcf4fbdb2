import { Builder } from "@ai-gateway-wasm/bytes";
import { distanceOf } from "@ai-gateway-wasm/conditions";
import { answerBuilder, argument } from "../../json/driver/frame";

export { input, outputAt, outputLength } from "../../json/driver/frame";

/**
 * Which of four choices the keys `u0`… are nearest to: an index each. Argument 0 is the salt, the
 * others are names. Their weights are the rest.
 */
export function assign(keys: i32, w0: i32, w1: i32, w2: i32, w3: i32): void {
  const weights: StaticArray<i32> = [w0, w1, w2, w3];
  const value = new Builder();
  for (let key = 0; key < keys; key++) {
    let least = Infinity;
    let nearest = 0;
    for (let i = 0; i < weights.length; i++) {
      value.clear();
      value.append(argument(0)).appendByte(0).appendText("u").appendInteger(key);
      value.appendByte(0).append(argument(1 + i));
      const distance = distanceOf(value.view(), weights[i]);
      if (distance >= least) continue;
      least = distance;
      nearest = i;
    }
    answerBuilder().appendByte(<u8>nearest);
  }
}
