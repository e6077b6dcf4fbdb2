import { beforeAll, describe, expect, it } from "vitest";
import { LocalRules } from "./local.js";

let local: LocalRules;

beforeAll(async () => {
  local = await LocalRules.load();
});

describe("hostile texts", () => {
  const torn = Buffer.from([
    0xff, 0x00, 0xe4, 0xb8, 0x61, 0x40, 0x62, 0x2e, 0x63, 0x63, 0xf0, 0x9f,
  ]);

  it("bytes that are no text stay what they are", () => {
    local.use({ builtin: "email", action: "mask" }, { words: ["敏感"] }, { regex: "\\x00\\x00" });
    expect(local.examine(torn).text).toEqual(
      Buffer.concat([torn.subarray(0, 4), Buffer.from("[[EMAIL_1]]"), torn.subarray(10)]),
    );
    expect(local.examine("\0\0").verdict).toBe("deny");
    expect(local.examine("").verdict).toBe("pass");
  });

  it("a stream that is no text keeps nothing", () => {
    local.use({ builtin: "email", action: "mask" }, { regex: "中.国" }, { words: ["敏感"] });
    const pieces = Array.from({ length: 500 }, () => Buffer.alloc(2000, 0x80));
    expect(local.stream(pieces).verdict).toBe("pass");
    expect(Math.max(...local.held(...pieces.slice(0, 20)))).toBeLessThanOrEqual(256);
    const email = Buffer.concat([pieces[0]!, Buffer.from("a@b.cc "), pieces[1]!]);
    expect(local.stream([email]).text.indexOf("[[EMAIL_1]] ")).toBe(2000);
  });

  it("brackets that nearly are placeholders", () => {
    local.use({ builtin: "email", action: "mask" });
    for (const part of ["[", "[[", "[[a", "[[a]", "[[1]]"]) {
      const text = part.repeat(1_000_000 / part.length);
      expect(local.examine(text).verdict).toBe("pass");
    }
    expect(local.examine("[[[[EMAIL_1]]]] a@b.cc").text.toString()).toBe(
      "[[[[EMAIL_1]]]] [[EMAIL_2]]",
    );
  });

  it("a megabyte", () => {
    local.use(
      { builtin: "email", action: "mask" },
      { builtin: "credit_card", action: "mask" },
      { regex: '"[^"]*"', action: "mask" },
      { regex: "(?s)begin.*end" },
      { words: ["啊"], action: "mask", value: "-" },
    );
    const long = "1 ".repeat(250_000) + '"' + "a@".repeat(250_000);
    expect(local.examine(long).verdict).toBe("pass");
    expect(local.examine("啊".repeat(300_000)).text.toString()).toBe("-".repeat(300_000));
    expect(local.examine(`begin${long}`).verdict).toBe("pass");
    expect(local.examine(`begin${long}end`).verdict).toBe("deny");
  });
});

describe("size", () => {
  /** Distinct words of 6 to 24 bytes. */
  const words = Array.from({ length: 50_000 }, (_, i) => {
    const digits = [...i.toString().padStart(5, "0")].map(
      (digit) => "甲乙丙丁戊己庚辛壬癸"[+digit],
    );
    return i % 2 === 0 ? `word${i}` : digits.join("");
  });

  it("50 000 words take less than 20 MiB, with 500 expressions less than 40 MiB", async () => {
    const fresh = await LocalRules.load();
    fresh.use({ name: "words", words });
    const [held, memory] = fresh.weigh();
    expect(held).toBeLessThan(3 << 20);
    expect(memory).toBeLessThan(20 << 20);
    const rules: object[] = [{ name: "words", words }];
    for (let i = 0; i < 500; i++) rules.push({ name: `p${i}`, regex: `\\bcode${i}-\\d{3}\\b` });
    fresh.use(...rules);
    expect(fresh.examine(`a ${words[49_998]} b`).denied).toBe("words,customLabel,high");
    expect(fresh.examine("code499-123").denied).toBe("p499,customLabel,high");
    expect(fresh.examine("code500-123 word").verdict).toBe("pass");
    expect(fresh.weigh()[1]).toBeLessThan(40 << 20);
  });

  // Where each word or expression is compared with all others, twice as many are four times the steps.
  it("twice as much takes about twice as many steps", async () => {
    let steps = 0;
    const fresh = await LocalRules.load(() => steps++);
    const taken = (words_: number, patterns: number): number => {
      const rules: object[] = [{ name: "words", words: words.slice(0, words_) }];
      for (let i = 0; i < patterns; i++) rules.push({ regex: `\\bcode${i}-\\d{3}\\b` });
      const before = steps;
      fresh.use(...rules);
      return steps - before;
    };
    expect(taken(50_000, 0)).toBeLessThan(2.5 * taken(25_000, 0));
    expect(taken(1, 500)).toBeLessThan(2.5 * taken(1, 250));
  });
});
