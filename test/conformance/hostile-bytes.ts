import { Random } from "./random.js";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Bytes that parsers stumble over. Each is built once; large ones are shared. */
export const HOSTILE_BYTES: readonly Uint8Array[] = [
  text(""),
  text("\0"),
  text("a\0b"),
  text("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
  Uint8Array.of(0xff, 0xfe, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80),
  text("é".repeat(3)).subarray(0, 5),
  text("%"),
  text("%%%zz%0"),
  text("Bearer "),
  text("Bearer   "),
  text("bearer\tx"),
  text("?&=;&&==?#"),
  text("/a?" + "x-api-key=k&".repeat(2000)),
  text("/".repeat(5000)),
  text("/../".repeat(2000)),
  text("/v1/models/:"),
  text("/deployments//"),
  text("[::1"),
  text("[]:"),
  text(":"),
  text("*"),
  text("outbound|80||"),
  text("|||"),
  text("||||||"),
  text("{"),
  text('{"model":'),
  text('{"model":"m"'),
  text('{"model":"m","\\u006dodel":"x"}'),
  text('{"model":"\\ud800"}'),
  text('{"model":1e999}'),
  text('[{"a":'.repeat(3000)),
  text("[".repeat(100_000)),
  text('{"a":'.repeat(50_000) + "1" + "}".repeat(50_000)),
  text('"' + "\\".repeat(9999)),
  text("9".repeat(20_000)),
  text("-"),
  text("1e" + "9".repeat(400)),
  text("multipart/form-data; boundary="),
  text('multipart/form-data; boundary="'),
  text("multipart/form-data; boundary=x; boundary=y"),
  text("multipart/form-data; boundary=x"),
  text('--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--x--'),
  text("--x\r\n\r\n--x\r\n--x\r\n"),
  text("--x"),
  text("18446744073709551616"),
  text("-9223372036854775808"),
  text("websocket"),
  text("team-a\nlabel"),
  text("\n"),
  new Uint8Array(70_000).fill(0x61),
  new Uint8Array(200_000).fill(0xc3),
];

/** Hostile bytes: one of the list, a cut of it, noise, or a mutation of a sensible value. */
export function hostileBytes(random: Random, sensible: readonly Uint8Array[]): Uint8Array {
  const roll = random.next();
  if (roll < 0.35 && sensible.length > 0) return random.pick(sensible);
  if (roll < 0.6)
    return mutate(random, random.pick(sensible.length > 0 ? sensible : HOSTILE_BYTES));
  if (roll < 0.75) {
    const bytes = random.pick(HOSTILE_BYTES);
    return bytes.subarray(0, random.below(bytes.length + 1));
  }
  if (roll < 0.95) return random.pick(HOSTILE_BYTES);
  return Uint8Array.from({ length: random.below(300) }, () => random.below(256));
}

/** A few bytes changed, removed or doubled. */
function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = [...bytes.subarray(0, 4096)];
  for (let i = random.below(4); i >= 0 && copy.length > 0; i--) {
    const at = random.below(copy.length);
    if (random.chance(0.4)) copy[at] = random.below(256);
    else if (random.chance(0.5)) copy.splice(at, 1 + random.below(4));
    else copy.splice(at, 0, ...copy.slice(at, at + 1 + random.below(8)));
  }
  return Uint8Array.from(copy);
}

const HOSTILE_LENGTHS = [0, 1, 2, 7, 0x7fffffff, 0xffffffff];

/** Long lists repeat their first bytes: to invent each length would take most of the time. */
const PATTERN_SIZE = 1020;

/** The host's pair format, broken in some way most of the time (host.md 6.4). */
export function hostilePairs(random: Random): Uint8Array {
  const count = random.pick([0, 1, 3, 10_000, 0xffffffff]);
  const bytes = new Uint8Array(4 + Math.min(count, 20_000) * random.pick([0, 8, 12]));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  const patternEnd = Math.min(4 + PATTERN_SIZE, bytes.length);
  for (let at = 4; at + 4 <= patternEnd; at += 4) {
    view.setUint32(at, random.pick(HOSTILE_LENGTHS), true);
  }
  for (let at = 4 + PATTERN_SIZE; at < bytes.length; at += PATTERN_SIZE) {
    bytes.copyWithin(at, 4, patternEnd);
  }
  return bytes;
}

/** Headers in the host's pair format (host.md 6.4). */
export function encodePairs(pairs: readonly [Uint8Array, Uint8Array][]): Uint8Array {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const end = Buffer.alloc(1);
  return Buffer.concat([
    number(pairs.length),
    ...pairs.flatMap(([name, value]) => [number(name.length), number(value.length)]),
    ...pairs.flatMap(([name, value]) => [name, end, value, end]),
  ]);
}
