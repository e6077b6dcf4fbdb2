import { isIPv4, isIPv6 } from "node:net";
import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/detect.ts");
});

/** The values of a kind in an ASCII text. */
function detect(kind: string, text: string): string[] {
  const places = run("detect", [1], kind, text)!.toString().trim();
  return places
    .split(" ")
    .filter(Boolean)
    .map((place) => {
      const [start, end] = place.split("-").map(Number);
      return Buffer.from(text).subarray(start, end).toString();
    });
}

describe("values", () => {
  const cases: [kind: string, text: string, values: string[]][] = [
    ["phone_cn", "电话13812345678。", ["13812345678"]],
    [
      "phone_cn",
      "+86 13812345678, 86-13912345678, +8615012345678",
      ["+86 13812345678", "86-13912345678", "+8615012345678"],
    ],
    ["phone_cn", "138123456789 013812345678 12812345678", []],
    ["phone_cn", "id13812345678x", ["13812345678"]],
    ["idcard_cn", "身份证11010519491231002X，", ["11010519491231002X"]],
    ["idcard_cn", "11010519491231002x", ["11010519491231002x"]],
    ["idcard_cn", "110105194912310021 11010519491331002X 111010519491231002X", []],
    [
      "credit_card",
      "4111111111111111 4111-1111-1111-1111 4111 1111 1111 1111",
      ["4111111111111111", "4111-1111-1111-1111", "4111 1111 1111 1111"],
    ],
    ["credit_card", "378282246310005 12/27", ["378282246310005"]],
    ["credit_card", "no 12 4111111111111111", ["4111111111111111"]],
    ["credit_card", "4111 1111 1111 11-11 12, 4111  1111 1111 1111", ["4111 1111 1111 11-11"]],
    ["credit_card", "4111111111111112 0000000000000000 4111111111111111123456 411111111111", []],
    ["email", "to <a.b+c@mail.example.com>, x@y", ["a.b+c@mail.example.com"]],
    ["email", "a@b.cc@d.ee", ["a@b.cc"]],
    ["email", "a@-_.com @x.com a@b.c", []],
    ["ipv4", "from 10.0.0.1. Or 192.168.1.255:80", ["10.0.0.1", "192.168.1.255"]],
    ["ipv4", "1.2.3.4.5 256.1.1.1 1.2.3 01.2.3.4 v1.2.3.4567", []],
    ["ipv6", "at fe80::1, [2001:db8::8a2e:370:7334]:443", ["fe80::1", "2001:db8::8a2e:370:7334"]],
    [
      "ipv6",
      "::1 fe80:: 1:2:3:4:5:6:7:8 ::ffff:10.0.0.1 fe80::2: up",
      ["::1", "fe80::", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "fe80::2"],
    ],
    [
      "ipv6",
      "2001:db8:1::/48 fe80:1::, 1:2:3:4:5:6:7:: 1::2:3:: 1:2::.",
      ["2001:db8:1::", "fe80:1::", "1:2:3:4:5:6:7::", "1:2::"],
    ],
    ["ipv6", "12:30:45 a::b std::vector :: 1:2:3:4:5:6:7 1::2::3 1:2:3:4:5:6:7:8:9 12345::1", []],
    ["ssn_us", "SSN 123-45-6789.", ["123-45-6789"]],
    ["ssn_us", "000-45-6789 666-45-6789 900-45-6789 123-00-6789 123-45-0000 1123-45-6789", []],
    [
      "iban",
      "IBAN DE89370400440532013000, GB82WEST12345698765432",
      ["DE89370400440532013000", "GB82WEST12345698765432"],
    ],
    ["iban", "DE89370400440532013001 xDE89370400440532013000 DE8937040044", []],
    ["api_key", "key=sk-abcdefghij0123456789;", ["sk-abcdefghij0123456789"]],
    [
      "api_key",
      `AKIA${"A1".repeat(8)} ghp_${"a".repeat(36)} eyJhbGci.eyJzdWIi.c2ln-_x`,
      [`AKIA${"A1".repeat(8)}`, `ghp_${"a".repeat(36)}`, "eyJhbGci.eyJzdWIi.c2ln-_x"],
    ],
    [
      "api_key",
      "-----BEGIN RSA PRIVATE KEY----- -----BEGIN PRIVATE KEY-----",
      ["-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----"],
    ],
    ["api_key", "sk-short AKIAshort ghx_aaaa eyJ.a.b -----BEGIN CERTIFICATE-----", []],
  ];

  it.each(cases)("%s in %s", (kind, text, values) => {
    expect(detect(kind, text)).toEqual(values);
  });

  it("an unknown kind is none", () => {
    expect(run("detect", [0], "passport")).toBeNull();
  });
});

/** Whether a candidate is a value, by other means than those of the code. */
const VALID: Record<string, (value: string) => boolean> = {
  idcard_cn(value) {
    const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const sum = weights.reduce((total, weight, i) => total + weight * Number(value[i]), 0);
    return "10X98765432"[sum % 11] === value[17]!.toUpperCase();
  },
  ipv4: (value) => isIPv4(value),
  ipv6: (value) => isIPv6(value) && (/\d/.test(value) || value.match(/[0-9a-f]+/gi)!.length > 2),
  ssn_us: (value) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(value),
  iban(value) {
    const turned = value.slice(4) + value.slice(0, 4);
    return (
      BigInt(turned.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))) % 97n === 1n
    );
  },
};
const BORDER: Record<string, [before: RegExp, after: RegExp]> = {
  phone_cn: [/\d$/, /^\d/],
  idcard_cn: [/\d$/, /^\d/],
  ipv4: [/\d$|\d\.$/, /^\d|^\.\d/],
  ipv6: [/\w$|[\w:]:$/, /^\w|^:[\w:]/],
  ssn_us: [/\d$/, /^\d/],
  iban: [/\w$/, /^\w/],
};

/** What values look like (content-security.md 9.4). */
const FORM: Record<string, RegExp> = {
  phone_cn: /(?:\+?86[- ]?)?1[3-9]\d{9}/y,
  idcard_cn: /[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]/y,
  ipv4: /\d{1,3}(?:\.\d{1,3}){3}/y,
  ipv6: /(?:[0-9A-Fa-f]{1,4}:){1,7}:(?![0-9A-Fa-f])|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,7}:[0-9A-Fa-f]{1,4}(?:\.\d{1,3}){0,3}|(?:[0-9A-Fa-f]{1,4}:){1,7}:/y,
  ssn_us: /\d{3}-\d{2}-\d{4}/y,
  iban: /[A-Z]{2}\d{2}[A-Z0-9]{11,30}/y,
  email: /[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}/y,
  api_key:
    /sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----|eyJ[\w-]+\.[\w-]+\.[\w-]+/y,
};

describe("against a backtracking engine that tries each position", () => {
  const PARTS: Record<string, string[]> = {
    phone_cn: [..."1389 -+", "86", "13812345678"],
    idcard_cn: ["110105194912310", "0", "1", "X", "x", " ", "11010519491231002X", "1101051949"],
    ipv4: [..."0125. ", "25", "10."],
    ipv6: [..."1a:: .", "::", "fe80", "1:2:3:", "1.2.3.4"],
    ssn_us: ["123-45-", "6789", "000", "666", "-00-", "1", " "],
    iban: ["DE8937040044053201300", "0", "1", "GB82WEST1234569876543", "2", " ", "X"],
    email: [..."ab@.-_ ", ".com", "x".repeat(24), "9".repeat(30)],
    api_key: [
      ...["sk-", "abcdefgh", "eyJ", ".", "a", " ", "AKIA0123456789ABCDEF", "ghp_", "x".repeat(20)],
      ...["-----", "BEGIN ", "RSA ", "PRIVATE KEY", "-----BEGIN PRIVATE KEY-----"],
    ],
  };

  test.each(Object.keys(PARTS))("%s", (kind) => {
    const random = new Random(5);
    const pattern = FORM[kind]!;
    // Of a set's expression matches are only candidates, but there is one where a value ends. Of
    // e-mails it is enough that one has begun to be a value: from then on it is waited for.
    const end = kind === "email" ? "[a-z]*$" : "$";
    const candidate = new RegExp(`(?:${run("pattern", [], kind)!.toString()})${end}`);
    let found = 0;
    for (let i = 0; i < 2000; i++) {
      const parts = Array.from({ length: 1 + random.below(14) }, () => random.pick(PARTS[kind]!));
      const text = parts.join("");
      const expected = naive(kind, pattern, text);
      expect(`${text}: ${detect(kind, text).join(", ")}`).toBe(`${text}: ${expected.join(", ")}`);
      for (const value of expected) {
        const at = text.indexOf(value);
        const match = candidate.exec(text.slice(0, at + value.length));
        expect(match === null ? text : match.index, value).toBeLessThanOrEqual(at);
      }
      found += expected.length;
    }
    expect(found).toBeGreaterThan(10);
  });

  function naive(kind: string, pattern: RegExp, text: string): string[] {
    const values: string[] = [];
    for (let at = 0; at < text.length; at++) {
      pattern.lastIndex = at;
      const value = pattern.exec(text)?.[0];
      if (value === undefined) continue;
      const [before, after] = BORDER[kind] ?? [/(?!)/, /(?!)/];
      if (before.test(text.slice(0, at)) || after.test(text.slice(at + value.length))) continue;
      if (!(VALID[kind]?.(value) ?? true)) continue;
      values.push(value);
      at += value.length - 1;
    }
    return values;
  }

  it("credit_card: every number that Luhn accepts, no other", () => {
    const random = new Random(6);
    for (let i = 0; i < 2000; i++) {
      const length = 13 + random.below(7);
      const digits = Array.from({ length }, () => random.below(10));
      let sum = 0;
      digits.toReversed().forEach((digit, at) => {
        const doubled = at % 2 === 0 ? digit : digit * 2;
        sum += doubled > 9 ? doubled - 9 : doubled;
      });
      const number = digits.join("");
      expect(detect("credit_card", `no ${number}.`), number).toEqual(
        sum % 10 === 0 ? [number] : [],
      );
    }
  });
});

describe("card numbers with separators", () => {
  const isCard = (value: string): boolean => {
    const digits = value.replace(/\D/g, "");
    const sum = [...digits].toReversed().reduce((total, digit, at) => {
      const doubled = at % 2 === 0 ? Number(digit) : Number(digit) * 2;
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    return digits.length >= 13 && new Set(digits).size > 1 && sum % 10 === 0;
  };

  it("the longest part of each candidate that is one", () => {
    const random = new Random(7);
    let found = 0;
    for (let i = 0; i < 3000; i++) {
      const length = 8 + random.below(30);
      const text = Array.from({ length }, () => random.pick([..."01234567891357 --x"])).join("");
      const pattern = new RegExp(run("pattern", [], "credit_card")!.toString(), "y");
      const expected: string[] = [];
      for (let at = 0; at < text.length; at++) {
        pattern.lastIndex = at;
        let value = pattern.exec(text)?.[0] ?? "";
        if (/\d/.test(text[at - 1] ?? "")) continue;
        for (; value !== ""; value = value.slice(0, -1)) {
          const after = text[at + value.length] ?? "";
          if (/\d$/.test(value) && !/\d/.test(after) && isCard(value)) break;
        }
        if (value === "") continue;
        expected.push(value);
        at += value.length - 1;
      }
      expect(`${text}: ${detect("credit_card", text).join()}`).toBe(`${text}: ${expected.join()}`);
      found += expected.length;
    }
    expect(found).toBeGreaterThan(10);
  });
});

describe("hostile input", () => {
  it("long runs of what nearly is a value", () => {
    const runs: [kind: string, part: string][] = [
      ["credit_card", "4"],
      ["credit_card", "4 "],
      ["phone_cn", "1"],
      ["phone_cn", "86-"],
      ["ipv4", "1."],
      ["ipv6", ":"],
      ["ipv6", "1:"],
      ["iban", "AB12"],
      ["email", "a@"],
      ["email", "a@b."],
      ["api_key", "eyJ"],
      ["api_key", "-----BEGIN "],
      ["api_key", "-"],
    ];
    for (const [kind, part] of runs) {
      expect(detect(kind, part.repeat((1 << 15) / part.length)), kind + part).toEqual([]);
    }
  });

  it("what may go on does not make each key a look to the end of the text", () => {
    const key = "AKIA0123456789ABCDEF";
    expect(detect("api_key", `eyJ${key}`.repeat(3000))).toEqual(Array(3000).fill(key));
  });

  it("no bytes trap", () => {
    const random = new Random(96);
    const SPECIAL = Buffer.from("0123456789-@.:sk eyJAKIA中");
    const kinds = [
      "phone_cn",
      "idcard_cn",
      "credit_card",
      "email",
      "ipv4",
      "ipv6",
      "ssn_us",
      "iban",
      "api_key",
    ];
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: random.below(60) }, () =>
        random.chance(0.95) ? SPECIAL[random.below(SPECIAL.length)]! : random.below(256),
      );
      expect(run("detect", [1], random.pick(kinds), Buffer.from(text))).not.toBeNull();
    }
  });
});
