import { decode } from "./decode";
import { layOut } from "./lay-out";

/**
 * Writes the static data of the module from `to` on. Runs once, before anything else of the module.
 * Memory from `to` to `packed` must hold zeros; from `short` on it holds rubbish afterwards.
 *
 * @param packed address of what the build has packed; trusted, it is part of the module
 * @param short behind the static data; there its short form is written, to `shortEnd`
 */
export function unpack(packed: usize, to: usize, short: usize, shortEnd: usize): void {
  decode(packed, short, shortEnd);
  layOut(short, to);
}
