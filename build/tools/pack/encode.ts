import { commonLength, findMatches, type Match } from "./matches.js";
import {
  DISTANCE,
  LENGTH,
  MATCH,
  Probabilities,
  REPEATED,
  REPEATED_LENGTH,
  writeByte,
  writeNumber,
  type BitSink,
} from "./model.js";
import { RangeEncoder } from "./range-encoder.js";

/** A way through the data: a match, or a byte (distance 0). */
type Step = Match;

/** What steps cost in bits, by size: learnt from the way that was found before. */
interface Prices {
  byte: Float64Array;
  /** By `Math.log2` of the number, whole. */
  distance: Float64Array;
  length: Float64Array;
  match: number;
  repeated: number;
}

/** How often a way is looked for with the prices of the one before; later ones gain nothing. */
const ROUNDS = 4;

/** Packs `data` for `decode` of shared/unpack. */
export function encode(data: Uint8Array): Uint8Array {
  const matches = findMatches(data);
  let prices = firstPrices();
  let best = { bits: Infinity, steps: [] as Step[] };
  for (let round = 0; round < ROUNDS; round++) {
    const steps = cheapest(data, matches, prices);
    const learnt = measure(data, steps);
    if (learnt.bits < best.bits) best = { bits: learnt.bits, steps };
    prices = learnt.prices;
  }
  const encoder = new RangeEncoder();
  write(data, best.steps, (context, bit) => encoder.write(context, bit));
  return encoder.finish();
}

/** Tells `sink` the bits of `steps`; `after` hears of each step, and whether it kept the distance. */
function write(
  data: Uint8Array,
  steps: readonly Step[],
  sink: BitSink,
  after: (step: Step, at: number, isRepeated: boolean) => void = () => undefined,
): void {
  let at = 0;
  let last = 0;
  let follows = 0; // 1 behind a match
  for (const step of steps) {
    sink(MATCH + follows, step.distance ? 1 : 0);
    const isRepeated = step.distance === last;
    if (step.distance) {
      sink(REPEATED + follows, isRepeated ? 1 : 0);
      if (!isRepeated) writeNumber(sink, DISTANCE, step.distance);
      writeNumber(sink, isRepeated ? REPEATED_LENGTH : LENGTH, step.length);
      last = step.distance;
    } else {
      writeByte(sink, data[at] ?? 0, data[at - 2] ?? 0, data[at - 1] ?? 0);
    }
    follows = step.distance ? 1 : 0;
    after(step, at, isRepeated);
    at += step.length;
  }
}

/** The cheapest way by these prices, by dynamic programming from the front. */
function cheapest(data: Uint8Array, matches: readonly Match[][], prices: Prices): Step[] {
  const cost = new Float64Array(data.length + 1).fill(Infinity);
  const steps: Step[] = [];
  const last = new Int32Array(data.length + 1);
  cost[0] = 0;
  const offer = (from: number, step: Step, price: number): void => {
    const to = from + step.length;
    const total = (cost[from] ?? 0) + price;
    if (total >= (cost[to] ?? 0)) return;
    cost[to] = total;
    steps[to] = step;
    last[to] = step.distance || (last[from] ?? 0);
  };
  const offerAll = (
    at: number,
    distance: number,
    lengths: [number, number],
    price: number,
  ): void => {
    for (let length = lengths[0]; length <= lengths[1]; length++) {
      offer(at, { distance, length }, price + priceOf(prices.length, length));
    }
  };
  for (let at = 0; at < data.length; at++) {
    offer(at, { distance: 0, length: 1 }, prices.byte[data[at] ?? 0] ?? 0);
    const repeated = last[at] ?? 0;
    if (repeated) {
      offerAll(at, repeated, [1, commonLength(data, at - repeated, at)], prices.repeated);
    }
    let shortest = 2;
    for (const { distance, length } of matches[at] ?? []) {
      offerAll(at, distance, [shortest, length], prices.match + priceOf(prices.distance, distance));
      shortest = length + 1;
    }
  }
  const way: Step[] = [];
  for (let at = data.length; at > 0; at -= way.at(-1)?.length ?? at) way.push(steps[at] as Step);
  return way.reverse();
}

function priceOf(table: Float64Array, number: number): number {
  return table[31 - Math.clz32(number)] ?? Infinity;
}

function firstPrices(): Prices {
  const byNumber = Float64Array.from({ length: 32 }, (_, log) => 1 + 2 * log);
  const byte = new Float64Array(256).fill(6);
  return { byte, distance: byNumber, length: byNumber, match: 3, repeated: 4 };
}

/** What the way costs in all, and what its steps cost on average: the prices to try next. */
function measure(data: Uint8Array, steps: readonly Step[]): { bits: number; prices: Prices } {
  const probabilities = new Probabilities();
  let bits = 0;
  const spent = { byte: 0, distance: 0, length: 0, head: 0 };
  const averages = new Averages();
  const sink: BitSink = (context, bit) => {
    const zero = probabilities.next(context, bit);
    const price = -Math.log2((bit ? 4096 - zero : zero) / 4096);
    bits += price;
    if (context < MATCH) spent.byte += price;
    else if (context < DISTANCE) spent.head += price;
    else if (context < LENGTH) spent.distance += price;
    else spent.length += price;
  };
  write(data, steps, sink, (step, at, isRepeated) => {
    if (!step.distance) averages.add("byte", data[at] ?? 0, spent.byte + spent.head);
    else averages.add(isRepeated ? "repeated" : "match", 0, spent.head);
    if (step.distance && !isRepeated) averages.addNumber("distance", step.distance, spent.distance);
    if (step.distance) averages.addNumber("length", step.length, spent.length);
    spent.byte = spent.distance = spent.length = spent.head = 0;
  });
  return { bits, prices: averages.over(firstPrices()) };
}

/** Sums of what steps of a kind cost. */
class Averages {
  private readonly sums = new Map<string, { sum: number; count: number }>();

  add(kind: keyof Prices, key: number, price: number): void {
    const entry = this.sums.get(`${kind} ${key}`) ?? { sum: 0, count: 0 };
    this.sums.set(`${kind} ${key}`, { sum: entry.sum + price, count: entry.count + 1 });
  }

  addNumber(kind: keyof Prices, number: number, price: number): void {
    this.add(kind, 31 - Math.clz32(number), price);
  }

  /** `prices` where nothing is known, averages elsewhere. */
  over(prices: Prices): Prices {
    const table = (kind: "byte" | "distance" | "length"): Float64Array =>
      prices[kind].map((price, key) => this.of(kind, key, price));
    return {
      byte: table("byte"),
      distance: table("distance"),
      length: table("length"),
      match: this.of("match", 0, prices.match),
      repeated: this.of("repeated", 0, prices.repeated),
    };
  }

  private of(kind: keyof Prices, key: number, otherwise: number): number {
    const entry = this.sums.get(`${kind} ${key}`);
    return entry ? entry.sum / entry.count : otherwise;
  }
}
