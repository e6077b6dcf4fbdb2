import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

// Values of bodies stand in `ai_log` as Go would write them, however they were spelled.

const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };

const host = new BareHost("build/envoy/ai-statistics.wasm", {
  attributes: [{ key: "question", apply_to_log: true }],
});

/** What a content is in `ai_log`, as it stands there. */
function logged(content: string): string {
  const body = `{"messages":[{"role":"user","content":${content}}]}`;
  host.exchange(REQUEST, body, ANSWER, ["{}"]);
  const text = JSON.parse(`"${host.properties.get("ai_log") ?? ""}"`) as string;
  return /"question":(.*),"response_type"/s.exec(text)?.[1] ?? "";
}

test.each([
  [` [ 1 , 2.50,0.1,-0, 0,-0.5,1e3,1E21,100000000000000000000,0.0000001 ] `],
  [`[0.000001,0.0000010,123456789012345,1234567890123456789,1.7976931348623157e308,-1]`],
  [`{"b":1,"a":2,"b":3,"":{},"B":[ ]}`],
  [`{"b":{"d":1,"c":{"f":[],"e":null}},"a":[{"z":true,"y":false}]}`],
  [`{"\\u0061":1,"a":2,"\\ud83d\\ude00":3,"é":4,"\\n":5,"~":6}`],
  [String.raw`["\n\t\r\b\f\"\\","\/","\u003c<>&","\u2028","a\u0000b","\ud83d\ude00","\ud83d","é"]`],
  [String.raw`["plain text with a \n line","x\ny\u00e9z","<b>\n</b>"]`],
])("as Go writes it: %s", (json) => {
  expect(logged(json)).toBe(written(JSON.parse(json.replaceAll(String.raw`"\ud83d"`, '"\ufffd"'))));
});

test("any JSON, with blanks and keys anywhere", () => {
  const random = generator(8);
  for (let i = 0; i < 3000; i++) {
    const value = Array.from({ length: 1 + (i % 3) }, () => anything(random, 4));
    expect(logged(spelled(value, random))).toBe(written(value));
  }
});

/** As Go's encoding/json writes what it decoded. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)));
    return `{${members.map(([key, member]) => `${written(key)}:${written(member)}`).join(",")}}`;
  }
  if (Object.is(value, -0)) return "-0";
  const text = JSON.stringify(value);
  if (typeof value !== "string") return text;
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const bytes = (text: string): Buffer => Buffer.from(text);

function anything(random: (below: number) => number, depth: number): unknown {
  const kind = random(depth > 0 ? 9 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random(2) === 0;
  if (kind === 2) return random(2000) - 1000;
  if (kind === 3) return (random(2_000_000) - 1_000_000) / 10 ** random(25);
  if (kind === 4) return random(1_000_000) * 10 ** random(20);
  if (kind === 5) return words(random);
  const count = random(5);
  if (kind === 6) return Array.from({ length: count }, () => anything(random, depth - 1));
  const keys = Array.from({ length: count }, () => words(random));
  return Object.fromEntries(keys.map((key) => [key, anything(random, depth - 1)]));
}

const CHARS = [
  "a",
  "b",
  "Z",
  "1",
  " ",
  '"',
  "\\",
  "/",
  "\n",
  "\t",
  "\u0001",
  "<",
  "&",
  "é",
  "张",
  "😀",
  "\u2028",
];

function words(random: (below: number) => number): string {
  return Array.from({ length: random(7) }, () => CHARS[random(CHARS.length)]).join("");
}

/** JSON with blanks anywhere, and characters as escapes here and there. */
function spelled(value: unknown, random: (below: number) => number): string {
  const blank = (): string => ["", "", " ", "\n\t"][random(4)] ?? "";
  if (Array.isArray(value)) {
    const elements = value.map((element) => blank() + spelled(element, random) + blank());
    return `[${blank()}${elements.join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([key, member]) =>
        `${blank()}${spelled(key, random)}${blank()}:${blank()}${spelled(member, random)}${blank()}`,
    );
    return `{${blank()}${members.join(",")}}`;
  }
  if (Object.is(value, -0)) return "-0";
  const text = JSON.stringify(value);
  if (typeof value !== "string" || random(3) > 0) return text;
  const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}

function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 4_294_967_296) * below);
  };
}
