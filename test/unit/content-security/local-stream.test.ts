import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { cuts, LocalRules, REQUEST, RESPONSE } from "./local.js";

let local: LocalRules;

beforeAll(async () => {
  local = await LocalRules.load();
});

/** The whole text and the text cut at every byte, each as the first of its request. */
function expectSame(text: string | Uint8Array, prompt = ""): void {
  local.begin();
  local.examine(prompt, REQUEST);
  const whole = local.examine(text, RESPONSE);
  for (const pieces of cuts(text)) {
    local.begin();
    local.examine(prompt, REQUEST);
    const { verdict, text: sent, denied, logged } = local.stream(pieces);
    expect(verdict).toBe(whole.verdict);
    if (verdict === "deny") expect(denied).toBeDefined();
    else
      expect([sent.toString("latin1"), logged]).toEqual([
        whole.text.toString("latin1"),
        whole.logged,
      ]);
  }
}

describe("cut at every byte a text fares as a whole one", () => {
  const kinds = [
    ["phone_cn", "电话+86 13812345678。138123456789"],
    ["idcard_cn", "身份证11010519491231002X，111010519491231002X"],
    ["credit_card", "4111 1111 1111 1111 12/27 4111111111111112"],
    ["email", "给a.b+c@mail.example.com发"],
    ["ipv4", "10.0.0.1. 192.168.1.255:80 1.2.3.4.5"],
    ["ipv6", "fe80::1, [2001:db8::8a2e]:443 fe80::2: ::ffff:10.0.0.1 a::b:"],
    ["ssn_us", "123-45-6789. 1123-45-6789"],
    ["iban", "DE89370400440532013000, xDE89370400440532013000"],
    ["api_key", "sk-abcdefghij0123456789; AKIAA1A1A1A1A1A1A1A1"],
  ];
  test.each(kinds)("masked %s", (builtin, text) => {
    local.use({ builtin, action: "mask" });
    expect(local.examine(text!).verdict).toBe("mask");
    expectSame(text!);
  });

  test.each(kinds)("refused and logged %s", (builtin, text) => {
    local.use({ builtin, action: "log", name: "seen" });
    expect(local.examine(text!).logged).toEqual(["seen"]);
    expectSame(text!);
    local.use({ builtin });
    expect(local.examine(text!).verdict).toBe("deny");
    expectSame(text!);
  });

  it("words, expressions, what is put back", () => {
    local.use(
      { builtin: "email", action: "mask", restore: true },
      { words: ["中文", "drop table", "ass"], action: "mask" },
      { regex: "^a+|\\bb+\\b|(?:xy)+z?$", action: "mask", value: "<$0>" },
      { regex: "\\d+", action: "log", name: "number" },
    );
    expectSame("aaa b bb bbx 说中文 ass class drop\u200b table xyxyz", "m@x.yz");
    expectSame("dear [[EMAIL_1]], [[EMAIL_12]] n@x.yz [[EMAIL_1", "m@x.yz");
    expectSame("xyxyz 12 \u{1f600}xy", "");
    expectSame(Buffer.from([0x62, 0xff, 0xe4, 0xb8, 0x62, 0x20, 0x62, 0x00, 0xf0]), "");
  });

  it("what is refused is not let out", () => {
    local.use({ words: ["机密文件"] }, { regex: "code-\\d{4}" }, { builtin: "email" });
    for (const text of ["前面的机密文件后面", "say code-1234 now", "to me@home.net."]) {
      for (const pieces of cuts(text)) {
        const { verdict, text: sent } = local.stream(pieces);
        expect(verdict).toBe("deny");
        expect(text.startsWith(sent.toString())).toBe(true);
        expect(sent.toString()).not.toMatch(/机|code|me@|m$/);
      }
    }
  });

  const alphabet = ["a", "b", "1", "23", ".", "@", "-", " ", "中", "文", "[[EMAIL_1]]", "[[", "\n"];
  const patterns = ["a+b?", "\\b\\d+\\b", "[^ ]+@", "(a|1)-(b|中)", "中.", "^\\S", "b$", "(?m)^1"];
  const words = ["ab", "中文", "文中", "a-b", "1", "中 文"];
  test.each([1, 2, 3, 4])("random rules and texts, seed %i", (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 12; round++) {
      const rules: object[] = [{ builtin: "email", action: "mask", restore: true }];
      for (let i = random.below(4); i >= 0; i--) {
        const action = random.chance(0.8) ? "mask" : random.pick(["log", "block"]);
        const what = random.chance(0.5)
          ? { regex: random.pick(patterns) }
          : random.chance(0.7)
            ? { words: [random.pick(words), random.pick(words)] }
            : { builtin: random.pick(["ipv4", "email"]) };
        rules.push({ name: `r${i}`, action, ...what });
      }
      local.use(...rules);
      const length = random.below(24);
      expectSame(Array.from({ length }, () => random.pick(alphabet)).join(""), "q@w.er");
    }
  });

  test.each([5, 6])("random pieces of a long text, seed %i", (seed) => {
    const random = new Random(seed);
    local.use(
      { builtin: "email", action: "mask" },
      { builtin: "ipv4", action: "mask" },
      { words: ["中文", "ab"], action: "mask" },
      { regex: "\\bx\\w{1,20}", action: "mask" },
    );
    const parts = ["me@home.net", "10.0.0.1", "中文", "ab", "xylophone", "lorem ipsum", "。", " "];
    const text = Array.from({ length: 3000 }, () => random.pick(parts) + " ").join("");
    const whole = local.examine(text, RESPONSE).text.toString();
    const bytes = Buffer.from(text);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const to = at + 1 + random.below(random.chance(0.02) ? 5000 : 40);
      pieces.push(bytes.subarray(at, to));
      at = to;
    }
    local.begin();
    expect(local.stream(pieces).text.toString()).toBe(whole);
  });
});

describe("what is worth a closer look is never overlooked", () => {
  const kinds: [kind: string, values: string[]][] = [
    ["phone_cn", ["+86 13812345678", "8613812345678"]],
    ["idcard_cn", ["11010519491231002X"]],
    ["credit_card", ["4111 1111-1111 1111", "378282246310005", "4222222222222"]],
    ["email", ["a.b+c@mail-x.example.com", "x@y.zz"]],
    ["ipv4", ["192.168.1.255", "1.2.3.4"]],
    ["ipv6", ["2001:db8::8a2e", "::1", "a::", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1"]],
    ["ssn_us", ["123-45-6789"]],
    ["iban", ["DE89370400440532013000", "NO9386011117947"]],
    [
      "api_key",
      [
        "sk-abcdefghij0123456789",
        "AKIAA1A1A1A1A1A1A1A1",
        `ghp_${"a1".repeat(18)}`,
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGci.eyJzdWIi.SflKxwRJ",
      ],
    ],
  ];
  test.each(kinds)("%s", (builtin, values) => {
    const random = new Random(77);
    local.use({ builtin, action: "mask" });
    let found = 0;
    for (let round = 0; round < 2000; round++) {
      const text = Array.from(random.pick(values));
      for (let edits = random.below(4); edits > 0; edits--) {
        const other = random.chance(0.7) ? random.pick(text) : random.pick([..."aZ1-.:@ _中"]);
        text.splice(random.below(text.length + 1), random.below(2), other ?? "1");
      }
      const whole = local.examine(text.join(""), RESPONSE);
      const streamed = local.stream([text.join("")]);
      expect([text.join(""), whole.verdict, whole.text]).toEqual([
        text.join(""),
        streamed.verdict,
        streamed.text,
      ]);
      if (whole.verdict === "mask") found++;
    }
    expect(found).toBeGreaterThan(400);
    expect(found).toBeLessThan(2000);
  });
});

describe("what is held back", () => {
  it("only what may be the start of a match", () => {
    local.use(
      { words: ["敏感词"] },
      { regex: "foo\\d+", action: "mask" },
      { builtin: "ipv4", action: "mask" },
      { words: ["logged"], action: "log" },
      { regex: "log\\w+", action: "log" },
    );
    expect(local.held("hello ", "敏", "感", "度 ")).toEqual([0, 3, 6, 0]);
    expect(local.held("say f", "oo", "1", "2", "!")).toEqual([1, 3, 4, 5, 0]);
    expect(local.held("at 1.2.3.4", ".", " ")).toEqual([7, 8, 0]);
    expect(local.held("logge", "logge")).toEqual([0, 0]);
  });

  it("placeholders of the request", () => {
    local.use({ builtin: "email", action: "mask", restore: true, phase: "request" });
    expect(local.held("a [[EM", "A")).toEqual([0, 0]);
    local.begin();
    local.examine("m@x.yz");
    expect(local.held("a [[EM", "AIL_", "2", "[", "[")).toEqual([4, 8, 0, 1, 2]);
  });

  it("not more than `streamHoldback`; what a match has by then is masked", () => {
    const rules = [{ regex: "<[^>]*>?", action: "mask", value: "#" }];
    expect(local.configure({ rules, streamHoldback: 8 })).toBe("");
    expect(local.held("<123", "4567", "8", "9")).toEqual([4, 8, 0, 1]);
    const open = local.stream(["<123", "4567", "89", "a>", "b"]).text.toString();
    expect(open).toBe("#a>b");
    expect(local.configure({ rules, streamHoldback: 0 })).toBe("");
    expect(local.held("<", "1")).toEqual([0, 0]);
  });

  it("256 bytes by default, however long ago it began", () => {
    local.use({ regex: "<[^>]*>" });
    const held = local.held("<", "x".repeat(255), "x", "x".repeat(5000));
    expect(held).toEqual([1, 256, 256, 256]);
    expect(local.stream(["<", "x".repeat(5000), ">"]).verdict).toBe("deny");
  });
});

it("a megabyte in a stream", () => {
  local.use(
    { regex: '"[^"]*"', action: "mask" },
    { builtin: "email", action: "mask" },
    { words: ["啊"], action: "mask" },
  );
  const text = '"' + "a@b啊 ".repeat(140_000);
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: 100 }, (_, i) =>
    bytes.subarray(i * 11_000, (i + 1) * 11_000),
  );
  const whole = local.examine(text, RESPONSE).text.toString();
  local.begin();
  expect(local.stream(pieces).text.toString()).toBe(whole);
});
