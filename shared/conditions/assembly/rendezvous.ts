import { Slice } from "@ai-gateway-wasm/bytes";
import { hashOf } from "./bucket";

/** The last of the odd numbers that a logarithm is summed up over: an error below 10^-12. */
const LAST_TERM: i32 = 23;
/** 2^-52: of 53 bits the highest stands for 1 then. */
const HIGHEST: f64 = 2.220446049250313e-16;
/** 2 / ln 2: twice the artanh of what `log2` sums up is the natural logarithm. */
const TWICE_PER_BIT: f64 = 2.8853900817779268;

/**
 * How far a choice is from a key: −log2(u) / weight, where u is the first 8 bytes of the SHA-256 of
 * a value that tells both, as a part of 2^64. The nearest choice gets the key: each as often as its
 * weight says, whatever their order. A choice that comes, goes or changes its weight while the others
 * keep theirs in proportion moves only keys of its own (weighted rendezvous).
 */
export function distanceOf(value: Slice, weight: i32): f64 {
  return (64.0 - log2(hashOf(value) | 1)) / <f64>weight;
}

/** The same on every machine, for a number above 0. */
function log2(number: u64): f64 {
  const zeros = <i32>clz(number);
  const fraction = <f64>((number << (<u64>zeros)) >> 11) * HIGHEST; // 1 to 2
  const ratio = (fraction - 1.0) / (fraction + 1.0);
  let sum = 0.0;
  for (let term = LAST_TERM; term > 0; term -= 2) sum = sum * ratio * ratio + 1.0 / <f64>term;
  return <f64>(63 - zeros) + TWICE_PER_BIT * ratio * sum;
}
