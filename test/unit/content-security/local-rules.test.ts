import { createHash, createHmac } from "node:crypto";
import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { LocalRules, REQUEST, RESPONSE } from "./local.js";

let local: LocalRules;

beforeAll(async () => {
  local = await LocalRules.load();
});

const masked = (text: string, phase = REQUEST): string =>
  local.examine(text, phase).text.toString();

describe("a text is refused", () => {
  const cases: [rule: object, bad: string[], good: string[]][] = [
    [{ words: ["ass", "drop table"] }, ["an ASS!", "drop table x"], ["class", "drop tables"]],
    [{ words: ["敏感词"] }, ["这是敏感词汇", "敏\u200b感词"], ["敏感", "感词"]],
    [{ words: ["Bad"], caseSensitive: true }, ["Bad"], ["bad", "BAD"]],
    [{ words: ["bad"] }, ["ｂａｄ", "BAD"], ["b-a-d"]],
    [{ regex: "\\bfoo\\d+$" }, ["a foo12"], ["foo12 ", "afoo1"]],
    [{ regex: "(?i)密码[:：]\\s*\\w+" }, ["密码： x"], ["密码"]],
    [{ builtin: "phone_cn" }, ["电话13812345678。"], ["138123456789", "12812345678"]],
    [{ builtin: "idcard_cn" }, ["11010519491231002X"], ["110105194912310021"]],
    [{ builtin: "credit_card" }, ["卡4111 1111 1111 1111"], ["4111111111111112"]],
    [{ builtin: "email" }, ["a.b@c.de"], ["a@b"]],
    [{ builtin: "ipv4" }, ["10.0.0.1."], ["10.0.0.256", "1.2.3.4.5"]],
    [{ builtin: "ipv6" }, ["at fe80::1"], ["12:30:45"]],
    [{ builtin: "ssn_us" }, ["123-45-6789"], ["000-45-6789"]],
    [{ builtin: "iban" }, ["DE89370400440532013000"], ["DE89370400440532013001"]],
    [{ builtin: "api_key" }, ["sk-abcdefghij0123456789"], ["sk-short"]],
  ];
  test.each(cases)("%j", (rule, bad, good) => {
    local.use({ name: "R", ...rule });
    for (const text of bad) expect([text, local.examine(text).verdict]).toEqual([text, "deny"]);
    for (const text of good) expect([text, local.examine(text).verdict]).toEqual([text, "pass"]);
  });

  it("of several rules the first one is named, with its dimension and level", () => {
    local.use(
      { name: "later", regex: "zz", type: "promptAttack", level: "S2" },
      { words: ["first"] },
      { name: "pii", builtin: "email" },
    );
    expect(local.examine("first zz").denied).toBe("later,promptAttack,S2");
    expect(local.examine("first a@b.cd").denied).toBe("rules[1],customLabel,high");
    expect(local.examine("a@b.cd").denied).toBe("pii,sensitiveData,S3");
  });

  it("whatever the text before it was", () => {
    local.use(
      { words: ["weapon of mass", "敏感词", "a-b"] },
      { regex: "ignore (?:all )?previous" },
      { builtin: "email", phase: "request" },
    );
    const parts = [
      "weapon of ",
      "mass",
      "敏感",
      "词",
      "ignore ",
      "all previous",
      "a@b",
      ".cc",
      "a-",
    ];
    const torn = [Buffer.from("敏感词").subarray(0, 8), Buffer.from("敏感词").subarray(8)];
    for (const first of [...parts, ...torn]) {
      for (const second of [...parts, ...torn]) {
        local.examine(first);
        expect([second, local.examine(second).verdict]).toEqual([second, "pass"]);
      }
    }
    for (const bad of ["weapon of mass", "敏感词", "ignore previous", "a@b.cc"]) {
      for (const before of [bad, ...parts]) {
        local.examine(before);
        expect([bad, local.examine(bad).verdict]).toEqual([bad, "deny"]);
      }
    }
  });

  it("even when that one was not read to its end", () => {
    const rules = [{ words: ["敏感", "敏感词", "感染", "ab", "xyz"] }];
    expect(local.configure({ rules, ignoreSeparators: true })).toBe("");
    const denied = (...parts: (string | Buffer)[]): boolean => {
      const text = Buffer.concat(parts.map((part) => Buffer.from(part)));
      return local.examine(text).verdict === "deny";
    };
    const cut = Buffer.from("感").subarray(0, 2);
    const rest = Buffer.from("感").subarray(2);
    expect([denied("敏感x"), denied("词")]).toEqual([true, false]);
    expect([denied("ab ", cut), denied(rest, "染")]).toEqual([true, false]);
    local.configure({ rules, ignoreSeparators: true });
    expect([denied("a-bc ab"), denied("xyz")]).toEqual([true, true]);
  });

  it("before anything is masked", () => {
    local.use({ regex: ".+", action: "mask" }, { words: ["bad"] }, { builtin: "ipv4" });
    expect(local.examine("so bad").verdict).toBe("deny");
    expect(local.examine("ip 10.0.0.1").verdict).toBe("deny");
    expect(local.examine("good").verdict).toBe("mask");
  });

  it("of its phase and role", () => {
    local.use(
      { words: ["ask"], phase: "request" },
      { words: ["answer"], phase: "response" },
      { words: ["tool"], roles: ["tool", "user"] },
      { words: ["tool"], roles: ["system"], action: "log", name: "seen" },
    );
    const verdict = (text: string, phase: number, role = "user"): string =>
      local.examine(text, phase, role).verdict;
    expect([verdict("ask", REQUEST), verdict("ask", RESPONSE)]).toEqual(["deny", "pass"]);
    expect([verdict("answer", REQUEST), verdict("answer", RESPONSE)]).toEqual(["pass", "deny"]);
    expect([verdict("tool", REQUEST), verdict("tool", REQUEST, "system")]).toEqual([
      "deny",
      "pass",
    ]);
    expect(local.examine("tool", REQUEST, "system").logged).toEqual(["seen"]);
    expect(verdict("tool", REQUEST, "")).toBe("deny");
  });

  it("what is only logged is named once, in either verdict", () => {
    local.use(
      { name: "w", words: ["a", "b"], action: "log" },
      { name: "r", regex: "\\d", action: "log" },
      { name: "e", builtin: "email", action: "log" },
      { words: ["bad"] },
    );
    const note = (text: string): string[] => (local.examine(text).logged ?? []).sort();
    expect(note("a b a 1 2 x@y.zz")).toEqual(["e", "r", "w"]);
    expect(note("bad 1")).toEqual(["r"]);
    expect(note("c")).toEqual([]);
  });
});

describe("a text is masked", () => {
  it("by placeholders, numbered by what they stand for", () => {
    local.use(
      { builtin: "email", action: "mask" },
      { name: "工号", regex: "E\\d{4}", action: "mask" },
      { words: ["东京", "Project X"], action: "mask" },
      { name: "a]b c", words: ["q"], action: "mask" },
    );
    expect(masked("a@b.cc, c@d.ee, a@b.cc; E0001 E0002 在东京 project x q")).toBe(
      "[[EMAIL_1]], [[EMAIL_2]], [[EMAIL_1]]; [[工号_1]] [[工号_2]] 在[[TEXT_1]] [[TEXT_2]] [[A_B_C_1]]",
    );
    expect(masked("c@d.ee x@y.zz")).toBe("[[EMAIL_2]] [[EMAIL_3]]");
    local.begin();
    expect(masked("c@d.ee")).toBe("[[EMAIL_1]]");
  });

  it("by values with groups, and by hashes", () => {
    local.use(
      {
        regex: "(\\w+)@(?P<host>\\w+)",
        action: "mask",
        value: "$host/${host}/$1x$2/${1}x$$$",
      },
      { words: ["$1"], action: "mask", value: "$1!" },
      { regex: "del\\w*", action: "mask", value: "" },
      { regex: "sk-\\w+", action: "mask", hash: true },
    );
    expect(masked("me@home.")).toBe("home/home/home/mex$$.");
    expect(masked("pay $1 now")).toBe("pay $1! now");
    expect(masked("a delete b")).toBe("a  b");
    const sha = createHash("sha256").update("sk-12").digest("hex");
    expect(masked("k sk-12")).toBe(`k ${sha}`);
    const rules = [{ regex: "sk-\\w+", action: "mask", hash: true }];
    expect(local.configure({ rules, hashKey: "secret" })).toBe("");
    const hmac = createHmac("sha256", "secret").update("sk-12").digest("hex");
    expect(masked("k sk-12 sk-12")).toBe(`k ${hmac} ${hmac}`);
  });

  it("leftmost, then in the order of the rules; of a word that sticks out the rest", () => {
    local.use(
      { regex: "b+", action: "mask", value: "1" },
      { regex: "b+c", action: "mask", value: "2" },
      { regex: "ab", action: "mask", value: "3" },
      { words: ["中文字"], action: "mask", value: "4" },
      { regex: "x中", action: "mask", value: "5" },
      { regex: "z*", action: "mask", value: "6" },
    );
    expect(masked("bbc")).toBe("1c");
    expect(masked("abbc")).toBe("31c");
    expect(masked("x中文字")).toBe("54");
    expect(masked("yzzy")).toBe("y6y");
  });

  it("borders and assertions see what stands before", () => {
    local.use(
      { regex: "^a|\\bb", action: "mask", value: "-" },
      { builtin: "phone_cn", action: "mask", value: "T" },
    );
    expect(masked("aab b bb")).toBe("-ab - -b");
    expect(masked("13812345678 1381234567813812345678 13812345678,")).toBe(
      "T 1381234567813812345678 T,",
    );
  });

  it("in a phase of its own", () => {
    local.use({ builtin: "email", action: "mask", phase: "response" });
    expect(masked("a@b.cc")).toBe("a@b.cc");
    expect(masked("a@b.cc", RESPONSE)).toBe("[[EMAIL_1]]");
  });
});

describe("against a backtracking engine", () => {
  interface Place {
    start: number;
    end: number;
    order: number;
  }

  /** Every match of a rule's own, none over another. */
  function placesOf(what: string | string[], order: number, text: string): Place[] {
    const longest = (words: string[]): string[] => [...words].sort((a, b) => b.length - a.length);
    const pattern = typeof what === "string" ? what : longest(what).join("|");
    return [...text.matchAll(new RegExp(pattern, "g"))].map(({ index, 0: { length } }) => ({
      start: index,
      end: index + length,
      order,
    }));
  }

  /** Leftmost, then by order; an expression goes on behind each match, a word loses its beginning. */
  function naive(rules: (string | string[])[], text: string): string {
    let out = "";
    for (let from = 0; ;) {
      let next: Place | undefined;
      rules.forEach((what, order) => {
        const places =
          typeof what === "string"
            ? [...Array(text.length).keys()].slice(from).flatMap((at) => {
                const sticky = new RegExp(what, "y");
                sticky.lastIndex = at;
                const length = sticky.exec(text)?.[0].length ?? 0;
                return length > 0 ? [{ start: at, end: at + length, order }] : [];
              })
            : placesOf(what, order, text);
        const first = places.find(({ end }) => end > from);
        if (first === undefined) return;
        const start = Math.max(from, first.start);
        if (next === undefined || start < next.start) next = { ...first, start };
      });
      if (next === undefined) return out + text.slice(from);
      out += text.slice(from, next.start) + `<${next.order}>`;
      from = next.end;
    }
  }

  const PATTERNS = [
    "a+b?",
    "\\b\\d+\\b",
    "[^ ]+@",
    "(a|1)-(b|中)",
    "中.",
    "^\\S",
    "b$",
    "a*?b",
    "1|12|123",
  ];
  const WORDS = ["中文", "文中", "文", "中文中", "字", "文字b"];
  const ALPHABET = ["a", "b", "1", "23", "@", "-", " ", "中", "文", "字"];

  test.each([1, 2, 3])("seed %i", (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 400; round++) {
      const whats = Array.from({ length: 1 + random.below(4) }, () => random.pick(PATTERNS));
      const rules: (string | string[])[] = whats;
      if (random.chance(0.7))
        rules.splice(random.below(2), 0, [random.pick(WORDS), random.pick(WORDS)]);
      local.use(
        ...rules.map((what, order) => ({
          ...(typeof what === "string" ? { regex: what } : { words: what }),
          action: "mask",
          value: `<${order}>`,
          caseSensitive: typeof what !== "string",
        })),
      );
      const text = Array.from({ length: random.below(20) }, () => random.pick(ALPHABET)).join("");
      expect([rules, text, masked(text)]).toEqual([rules, text, naive(rules, text)]);
    }
  });
});
