import { beforeAll, describe, expect, it } from "vitest";
import { loadPure, type Run } from "./load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadPure();
});

const reply = (bytes: string | Uint8Array): string | null =>
  run("reply", bytes)?.toString() ?? null;

/** The words of RESP2 commands one after the other: a second, independent reader. */
function commandsIn(bytes: Buffer): string[][] {
  const commands: string[][] = [];
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf("\r\n", at);
    const text = bytes.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  while (at < bytes.length) {
    const words: string[] = [];
    const count = Number(line().slice(1));
    for (let i = 0; i < count; i++) {
      const length = Number(line().slice(1));
      words.push(bytes.toString("utf8", at, at + length));
      at += length + 2;
    }
    commands.push(words);
  }
  return commands;
}

describe("commands", () => {
  it("are arrays of bulk strings, whatever bytes the words have", () => {
    const bytes = run("commands", "k\r\n$1", "ключ")!;
    expect(
      bytes.toString().startsWith("*2\r\n$3\r\nget\r\n$5\r\nk\r\n$1\r\n*3\r\n$4\r\nmget\r\n"),
    ).toBe(true);
    expect(commandsIn(bytes)[1]).toEqual(["mget", "k\r\n$1", "ключ"]);
  });

  it("have lower-case command words and decimal numbers", () => {
    expect(commandsIn(run("commands", "k", "v")!)).toEqual([
      ["get", "k"],
      ["mget", "k", "v"],
      ["set", "k", "v"],
      ["set", "k", "v", "ex", "60"],
      ["set", "k", "v", "nx"],
      ["set", "k", "v", "nx", "ex", "60"],
      ["del", "k"],
      ["expire", "k", "7"],
      ["incrby", "k", "-3"],
      ["decrby", "k", "9223372036854775807"],
      ["hget", "k", "v"],
      ["hgetall", "k"],
      ["hset", "k", "v", "1"],
      ["hincrby", "k", "v", "2"],
      ["eval", "v", "2", "k", "k", "10", ""],
    ]);
  });
});

describe("replies", () => {
  it.each([
    ["+OK\r\n", '"OK"'],
    ["+\r\n", '""'],
    ["+a\rb\r\n", '"a\rb"'],
    ["-ERR no\r\n", "-ERR no"],
    [":12\r\n", ":12"],
    [":-9223372036854775808\r\n", ":-9223372036854775808"],
    ["$5\r\na\r\nbc\r\n", '"a\r\nbc"'],
    ["$0\r\n\r\n", '""'],
    ["$-1\r\n", "null"],
    ["*-1\r\n", "null"],
    ["*0\r\n", "[]"],
    ["*2\r\n*2\r\n:1\r\n$-1\r\n$1\r\nx\r\n", '[[:1,null],"x"]'],
    ["*1\r\n-WRONGTYPE x\r\n", "[-WRONGTYPE x]"],
    ["+OK\r\n+next", '"OK"'],
    ["$3\r\n你\r\n", '"你"'],
  ])("%j reads as %s", (bytes, value) => {
    expect(reply(bytes)).toBe(value);
  });

  it.each([
    ["nothing", ""],
    ["a type and no line", "+"],
    ["an unfinished line", "+OK\r"],
    ["an unknown type", "!3\r\n"],
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["an integer that is none", ":1x\r\n"],
    ["an empty integer", ":\r\n"],
    ["a bulk string without length", "$\r\n"],
    ["a negative length", "$-2\r\n"],
    ["a length beyond the reply", "$6\r\nhello\r\n"],
    ["a length beyond 32 bits", "$4294967299\r\nabc\r\n"],
    ["a bulk string longer than it says", "$3\r\nhello\r\n"],
    ["an array that is cut off", "*2\r\n:1\r\n"],
    ["an array of a thousand million", "*1000000000\r\n:1\r\n"],
    ["an array of negative length", "*-2\r\n"],
    ["an array of length beyond 64 bits", "*99999999999999999999\r\n"],
    ["arrays nested for ever", "*1\r\n".repeat(100_000)],
  ])("%s cannot be read", (_name, bytes) => {
    expect(reply(bytes)).toBeNull();
  });

  it("may nest sixteen arrays, no more", () => {
    expect(reply("*1\r\n".repeat(16) + ":1\r\n")).toBe("[".repeat(16) + ":1" + "]".repeat(16));
    expect(reply("*1\r\n".repeat(17) + ":1\r\n")).toBeNull();
  });
});

describe("every accessor works on every reply", () => {
  const CASES: [bytes: string, text: string][] = [
    [":42\r\n", "42|42"],
    ["$2\r\n42\r\n", "42|42"],
    ["$3\r\n+42\r\n", "+42|42"],
    ["$4\r\n42.5\r\n", "42.5|0"],
    ["$3\r\n 42\r\n", " 42|0"],
    ["$1\r\n-\r\n", "-|0"],
    ["$19\r\n9223372036854775807\r\n", "9223372036854775807|9223372036854775807"],
    ["$19\r\n9223372036854775808\r\n", "9223372036854775808|9223372036854775807"],
    ["$20\r\n-9223372036854775808\r\n", "-9223372036854775808|-9223372036854775808"],
    ["$20\r\n-9223372036854775809\r\n", "-9223372036854775809|-9223372036854775808"],
    ["$21\r\n100000000000000000000\r\n", "100000000000000000000|9223372036854775807"],
    ["$-1\r\n", "|0|null"],
    ["-ERR 5\r\n", "ERR 5|0|error"],
    ["*2\r\n:1\r\n:2\r\n", "|0|array of 2"],
  ];

  it.each(CASES)("%j: text, integer and flags are %s", (bytes, expected) => {
    expect(run("accessors", bytes)?.toString()).toBe(expected);
  });
});

describe("damaged replies", () => {
  const WHOLE = Buffer.from(
    "*5\r\n$5\r\nhello\r\n:-12\r\n*3\r\n:100\r\n:60\r\n$-1\r\n-ERR bad\r\n+OK\r\n",
  );

  it("that end early are refused at every byte", () => {
    for (let length = 0; length < WHOLE.length; length++) {
      expect(reply(WHOLE.subarray(0, length)), `${length} bytes`).toBeNull();
    }
    expect(reply(WHOLE)).not.toBeNull();
  });

  it("never trap: 20000 seeded mutations", () => {
    const random = seeded(20260101);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(WHOLE);
      for (let edits = 1 + random(4); edits > 0; edits--) {
        const SPECIAL = Buffer.from("*$+-:\r\n0123456789");
        bytes[random(bytes.length)] =
          random(2) === 0 ? random(256) : SPECIAL[random(SPECIAL.length)]!;
      }
      // A trap throws; a value that is read must be one that can be walked over.
      run("accessors", bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length));
      reply(bytes);
    }
  });
});
