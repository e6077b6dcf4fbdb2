import { beforeAll, describe, expect, it } from "vitest";
import { LocalRules } from "./local.js";

let local: LocalRules;

beforeAll(async () => {
  local = await LocalRules.load();
});

describe("rules", () => {
  it("none", () => {
    for (const config of [{}, { rules: [] }, { deny_words: [" ", ""] }, { system_deny: false }]) {
      expect(local.configure(config)).toBe("no rules");
    }
  });

  const good = { words: ["a"] };
  const refused: [rule: unknown, why: string][] = [
    [{}, "rules[1]: needs one of words, regex and builtin"],
    ["text", "rules[1]: needs one of words, regex and builtin"],
    [{ words: [] }, "rules[1]: needs one of words, regex and builtin"],
    [{ words: ["a"], regex: "b" }, "rules[1]: needs one of words, regex and builtin"],
    [{ regex: "a", builtin: "email" }, "rules[1]: needs one of words, regex and builtin"],
    [{ ...good, action: "drop" }, "rules[1].action: must be one of block, mask, log"],
    [{ ...good, phase: "all" }, "rules[1].phase: must be one of request, response, both"],
    [
      { ...good, type: "other" },
      "rules[1].type: must be one of contentModeration, promptAttack, sensitiveData, maliciousUrl, modelHallucination, customLabel",
    ],
    [
      { ...good, level: "hi" },
      "rules[1].level: must be one of max, high, medium, low, none, S4, S3, S2, S1, S0",
    ],
    [
      { builtin: "phone" },
      "rules[1].builtin: must be one of phone_cn, idcard_cn, credit_card, email, ipv4, ipv6, ssn_us, iban, api_key",
    ],
    [
      { words: ["ok", "x".repeat(1001)] },
      "rules[1].words[1]: must have 1 to 1000 bytes, and no ignored separator at its ends",
    ],
    [{ regex: "a(?=b)" }, 'rules[1].regex: unsupported regex construct "(?=" at 1'],
    [{ regex: "(a)\\1" }, 'rules[1].regex: unsupported regex construct "\\1" at 3'],
    [{ regex: "a++" }, 'rules[1].regex: unsupported regex construct "++" at 1'],
    [{ regex: "(a)\\1", action: "mask" }, 'rules[1].regex: unsupported regex construct "\\1" at 3'],
    [{ regex: "[a" }, "rules[1].regex: error parsing regexp: missing closing ]: `[a`"],
    [{ regex: "a".repeat(1001) }, "rules[1].regex: expression too large"],
    [
      { ...good, action: "mask", hash: true, value: "x" },
      "rules[1].hash: and value exclude each other",
    ],
  ];
  it.each(refused)("refused: %j", (rule, why) => {
    expect(local.configure({ rules: [good, rule] })).toBe(why);
  });

  it("options", () => {
    const rules = [good];
    const why = "streamHoldback: must be between 0 and 65536";
    expect(local.configure({ rules, streamHoldback: -1 })).toBe(why);
    expect(local.configure({ rules, streamHoldback: 65537 })).toBe(why);
    expect(local.configure({ rules, streamHoldback: 65536 })).toBe("");
  });

  it("limits", () => {
    const patterns = (count: number): unknown =>
      Array.from({ length: count }, (_, i) => ({ regex: `word${i}x` }));
    expect(local.configure({ rules: patterns(500) })).toBe("");
    expect(local.configure({ rules: patterns(501) })).toBe(
      "rules[500].regex: more than 500 expressions",
    );
    const words = Array.from({ length: 100_001 }, (_, i) => `w${i}`);
    const why = "rules[0].words[100000]: more than 100000 words, or 2 MiB of them";
    expect(local.configure({ rules: [{ words }] })).toBe(why);
    const long = Array.from({ length: 2200 }, (_, i) => `${i}`.padEnd(1000, "x"));
    expect(local.configure({ rules: [{ words: long }] })).toMatch(/words\[2097\]: more than/);
  });

  it("what they do", () => {
    const abilities = (...rules: unknown[]): string => {
      local.use(...rules);
      return local.abilities();
    };
    expect(abilities(good)).toBe("j-j--");
    expect(abilities({ ...good, phase: "request" })).toBe("j----");
    expect(abilities({ ...good, action: "mask", phase: "response" })).toBe("--jmr");
    expect(abilities({ ...good, action: "mask", restore: true })).toBe("jmjmr");
    expect(abilities({ ...good, restore: true, action: "log" })).toBe("j-j--");
  });
});

describe("ai-data-masking", () => {
  const refused: [config: object, why: string][] = [
    [
      { system_deny: true },
      "system_deny: this build carries no built-in word list; use the -dict build or list the words in deny_words",
    ],
    [{ replace_roles: [{ regex: "a", type: "drop" }] }, "regexp error value drop"],
    [{ replace_roles: [{ regex: "a" }] }, "regexp error value "],
    [{ replace_roles: [{ regex: "(a", type: "hash" }] }, "regexp error field (a"],
    [
      { replace_roles: [{ regex: "a(?!b)", type: "hash" }] },
      'replace_roles[0].regex: unsupported regex construct "(?!" at 1',
    ],
    [
      { deny_words: ["x".repeat(1001)] },
      "deny_words[0]: must have 1 to 1000 bytes, and no ignored separator at its ends",
    ],
  ];
  it.each(refused)("refused: %j", (config, why) => {
    expect(local.configure(config)).toBe(why);
  });

  it("the README's example", () => {
    const refusal = local.configure({
      deny_words: [" 敏感词 ", "", "自定义敏感词"],
      replace_roles: [
        { regex: "%{MOBILE}", type: "replace", value: "****" },
        {
          regex: "%{EMAILLOCALPART}@%{HOSTNAME:domain}",
          type: "replace",
          restore: true,
          value: "****@$domain",
        },
        { regex: "%{IP}", type: "replace", restore: true, value: "***.***.***.***" },
        { regex: "%{IDCARD}", type_: "replace", value: "****" },
        { regex: "sk-[0-9a-zA-Z]*", restore: true, type: "hash" },
      ],
    });
    expect(refusal).toBe("");
    expect(local.abilities()).toBe("jmj-r");
    const text = "mail admin@gmail.com, ip 1.2.3.4, tel 13812345678, key sk-12345";
    const hash = "ef7ce00d94cd1c8b2db4e4bdb12e8f0e0b4e6d3d6a7cbf8f6a9d1a5b6f0d2a11";
    const masked = local.examine(text).text.toString();
    expect(masked.replace(/[0-9a-f]{64}/, hash)).toBe(
      `mail ****@gmail.com, ip ***.***.***.***, tel ****, key ${hash}`,
    );
    expect(local.restore(masked)).toBe("mail admin@gmail.com, ip 1.2.3.4, tel ****, key sk-12345");
    expect(local.examine("这是敏感词").denied).toBe("deny_words,customLabel,high");
  });

  it("a name that is unknown is text, its rules stand before ours", () => {
    local.configure({
      replace_roles: [{ regex: "%{NO_SUCH}", type: "replace", value: "1" }],
      rules: [{ regex: "%.NO_SUCH.", action: "mask", value: "2" }],
    });
    expect(local.examine("%{NO_SUCH}").text.toString()).toBe("1");
    expect(local.examine("%{NO_SUCH}", 1).text.toString()).toBe("2");
  });
});
