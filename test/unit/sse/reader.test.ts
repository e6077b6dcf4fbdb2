import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { allCuts, encodeCuts } from "../llm/cuts.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/sse/driver/events.ts");
});

const BOUND = 256 * 1024;

function read(body: string | Uint8Array, cuts: number[] = [], maxTail = BOUND): string {
  return run("read", [maxTail, 0], body, encodeCuts(cuts))!.toString();
}

describe("events", () => {
  const cases: [name: string, body: string, events: string][] = [
    ["one", "data: a\n\n", "a|data=a;\n"],
    ["two", "data: a\n\ndata: b\n\n", "a|data=a;\nb|data=b;\n"],
    ["none", "", ""],
    ["blank lines only", "\n\n\r\n\r\r", ""],
    ["blank lines between", "data: a\n\n\n\n\ndata: b\n\n", "a|data=a;\nb|data=b;\n"],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", "a|data=a;\nb|data=b;\n"],
    ["CR", "data: a\r\rdata: b\r\r", "a|data=a;\nb|data=b;\n"],
    [
      "a mix of line ends",
      "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r",
      "a|data=a;\nb|data=b;\nc|data=c;\n",
    ],
    ["CR LF LF is one line end and a blank line", "data: a\r\n\n", "a|data=a;\n"],
    [
      "LF CR LF is a line end and a blank line",
      "data: a\n\r\ndata: b",
      "a|data=a;\nb|data=b;\n…\n",
    ],
    [
      "several data lines are joined",
      "data: a\ndata: b\ndata:\n\n",
      "a\nb\n|data=a;data=b;data=;\n",
    ],
    ["one space after the colon goes", "data:  a \n\n", " a |data= a ;\n"],
    ["no space", "data:a\n\n", "a|data=a;\n"],
    ["a field without colon", "data\n\n", "|data=;\n"],
    ["other fields", "event: x\nid: 1\nretry: 5\n\n", "-|event=x;id=1;retry=5;\n"],
    ["comments", ": ping\n\n:\ndata: a\n\n", "-|\na|data=a;\n"],
    ["a byte order mark", "\ufeffdata: a\n\n", "a|data=a;\n"],
    [
      "a byte order mark later is text",
      "data: a\n\n\ufeffdata: b\n\n",
      "a|data=a;\n-|\ufeffdata=b;\n",
    ],
    ["the end inside of an event", "data: a\n\ndata: b", "a|data=a;\nb|data=b;\n…\n"],
    ["the end behind a line", "data: a\n", "a|data=a;\n…\n"],
    ["names are case-sensitive", "Data: a\n\n", "-|Data=a;\n"],
    ["characters of several bytes", "data: 中😀é\n\n", "中😀é|data=中😀é;\n"],
    ["a colon in the value", "data: a:b\n\n", "a:b|data=a:b;\n"],
  ];

  it.each(cases)("%s", (_name, body, events) => {
    expect(read(body)).toBe(events);
  });

  it.each(cases)("%s, cut anywhere", (_name, body, events) => {
    for (const cuts of allCuts(Buffer.byteLength(body))) {
      expect(read(body, cuts), `cut at ${cuts.join()}`).toBe(events);
    }
  });
});

describe("an event longer than the bound", () => {
  const long = `data: ${"x".repeat(100)}\n\n`;

  it("is dropped with its rest when it is cut, and the next one is read", () => {
    expect(read(`${long}data: b\n\n`, [60], 50)).toBe("b|data=b;\ndropped 1\n");
    const bytes = Array.from({ length: long.length }, (_, i) => i);
    expect(read(`${long}data: b\n\n${long}data: c\n\n`, bytes, 50)).toContain("b|data=b;\n");
  });

  it("is read when it lies in one chunk", () => {
    expect(read(long, [], 50)).toContain("x".repeat(100));
  });
});

describe("lines that are events", () => {
  const readLines = (body: string, cuts: number[]) =>
    run("read", [BOUND, 1], body, encodeCuts(cuts))!.toString();

  it.each([
    ["one", "data: a\n", "a|data=a;\n"],
    ["several, line ends in any mix", "data: a\ndata: b\r\n\ndata: c\rd", "a b c -…"],
    ["blank lines only", "\n\r\n\r\r", ""],
    ["a byte order mark", "\ufeffdata: a\ndata: b", "a b…"],
  ])("%s, cut anywhere", (_name, body, expected) => {
    for (const cuts of [[], ...allCuts(Buffer.byteLength(body))]) {
      const told = readLines(body, cuts);
      const short = told
        .replace(/\|.*\n/g, " ")
        .trimEnd()
        .replace(" …", "…");
      expect([told, short], `cut at ${cuts.join()}`).toContain(expected);
    }
  });
});

it("no bytes trap, and cuts change nothing", () => {
  const random = new Random(5);
  const ALPHABET = Buffer.from('data: event:\n\n\r\r\n:{}"\ufeff中');
  for (let i = 0; i < 3000; i++) {
    const body = Buffer.from(
      Array.from({ length: random.below(60) }, () =>
        random.chance(0.95) ? random.pick([...ALPHABET]) : random.below(256),
      ),
    );
    const whole = read(body);
    const cuts = Array.from({ length: random.below(8) }, () => random.below(body.length + 1));
    expect(
      read(
        body,
        cuts.sort((a, b) => a - b),
      ),
      body.toString("hex"),
    ).toBe(whole);
  }
});
