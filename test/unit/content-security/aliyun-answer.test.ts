import { beforeAll, describe, expect, it } from "vitest";
import { DENY, MASK, PASS, Services } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const CONFIG = {
  type: "aliyun",
  serviceName: "safecheck.dns",
  servicePort: 443,
  serviceHost: "green-cip.cn-shanghai.aliyuncs.com",
  accessKey: "testAK",
  secretKey: "testSK",
};
const MULTI = { ...CONFIG, action: "MultiModalGuard" };

describe("answers", () => {
  const parse = (answer: unknown): unknown => services.parse(CONFIG, answer);
  const ok = (data: unknown): object => ({
    Code: 200,
    Message: "OK",
    RequestId: "R-1",
    Data: data,
  });
  const RISKY = {
    RiskLevel: "high",
    AttackLevel: "none",
    Suggestion: "block",
    Result: [
      { Label: "L", RiskWords: "W", Confidence: 99.5, Description: "d", Ext: {} },
      { Label: "other" },
    ],
    Advice: [{ Answer: "no", HitLabel: "L", HitLibName: "lib" }],
    Detail: [
      { Type: "contentModeration", Level: "high", Suggestion: "block", Result: [] },
      {
        Type: "sensitiveData",
        Level: "S3",
        Suggestion: "mask",
        Result: [{ Ext: { Desensitization: "call ***", SensitiveData: ["1"] } }],
      },
      { Type: "waterMark", Level: "low", Suggestion: "watch" },
    ],
  };

  it("reads levels, label, words, details and the masked text", () => {
    expect(parse(ok(RISKY))).toEqual({
      requestId: "R-1",
      risk: "high",
      attack: "none",
      label: "L",
      words: "W",
      masked: "call ***",
      findings: ["contentModeration/high", "sensitiveData/S3*", "waterMark/low"],
    });
  });

  it("missing and null say nothing", () => {
    const nothing = { findings: [] };
    expect(parse({ Code: 200 })).toEqual(nothing);
    expect(parse({ Code: 200, Data: null })).toEqual(nothing);
    expect(parse({ Code: 200, Data: {}, Unknown: 1 })).toEqual(nothing);
    const nulls = { RiskLevel: null, AttackLevel: null, Result: null, Advice: null, Detail: null };
    expect(parse({ Code: 200, Data: nulls })).toEqual(nothing);
    expect(parse({ Code: 200, Data: { Result: [], Detail: [null], Advice: [null] } })).toEqual({
      findings: ["/"],
    });
  });

  it("members that decide nothing may have any type", () => {
    const odd = {
      ...RISKY,
      Result: [{ Label: 1, RiskWords: ["W"], Confidence: "99", Description: {}, Ext: 3 }],
    };
    const answer = { ...ok(odd), RequestId: 7 };
    expect(parse(answer)).toMatchObject({ risk: "high", masked: "call ***" });
    expect(parse(answer)).not.toHaveProperty("requestId");
    expect(parse(answer)).not.toHaveProperty("label");
    const detail = { Type: "sensitiveData", Level: "S3", Suggestion: "mask" };
    for (const Ext of [1, "x", [], null, { Desensitization: 5 }, { Desensitization: "" }]) {
      const data = { Detail: [{ ...detail, Result: [{ Ext }] }] };
      expect(parse(ok(data)), JSON.stringify(Ext)).toEqual({
        requestId: "R-1",
        findings: ["sensitiveData/S3*"],
      });
    }
  });

  it("the first usable masked text of sensitive data counts", () => {
    const detail = (Type: string, Suggestion: string, Desensitization: string): object => ({
      Type,
      Level: "S1",
      Suggestion,
      Result: [{ Ext: { Desensitization } }, { Ext: { Desensitization: "second" } }],
    });
    const data = {
      Detail: [
        detail("contentModeration", "mask", "not this"),
        detail("sensitiveData", "block", "nor this"),
        detail("sensitiveData", "mask", ""),
        detail("sensitiveData", "mask", "this"),
        detail("sensitiveData", "mask", "too late"),
      ],
    };
    expect(parse(ok(data))).toMatchObject({ masked: "this" });
  });

  const FAILURES: unknown[] = [
    "",
    "garbage",
    "[]",
    "null",
    '{"Code":200',
    '{"Code":200}}',
    {},
    { Code: "200" },
    { Code: 200.0001 },
    { Code: null },
    { Code: 500, Data: RISKY },
    { Code: 200, Data: [] },
    { Code: 200, Data: "x" },
    ok({ RiskLevel: 3 }),
    ok({ AttackLevel: {} }),
    ok({ Result: {} }),
    ok({ Result: ["x"] }),
    ok({ Advice: "x" }),
    ok({ Advice: [1] }),
    ok({ Detail: {} }),
    ok({ Detail: [[]] }),
    ok({ Detail: [{ Level: 3 }] }),
    ok({ Detail: [{ Type: 3 }] }),
    ok({ Detail: [{ Suggestion: true }] }),
    ok({ Detail: [{ Result: {} }] }),
  ];
  for (const failure of FAILURES) {
    it(`relies on nothing in ${JSON.stringify(failure)}`, () => expect(parse(failure)).toBeNull());
  }

  it("an answer cut anywhere is a failure", () => {
    expect(services.believedCuts(CONFIG, ok(RISKY))).toEqual([]);
  });

  it("ids are trimmed, strings only, and taken from failed answers", () => {
    const id = (answer: string): string | null => services.requestId(CONFIG, answer);
    expect(id('{"Code":500,"RequestId":" R-9\\n"}')).toBe("R-9");
    expect(id('{"RequestId":9}')).toBe("");
    expect(id('{"RequestId":"  "}')).toBe("");
    expect(id("<html>")).toBe("");
  });

  describe("verdicts", () => {
    const verdict = (config: object, data: object, bar: number, mask = false): string | null =>
      services.verdict(config, ok(data), bar, mask);

    it("TextModerationPlus looks at the whole alone", () => {
      expect(verdict(CONFIG, { RiskLevel: "High" }, 3)).toBe(DENY);
      expect(verdict(CONFIG, { RiskLevel: "medium" }, 3)).toBe(PASS);
      expect(verdict(CONFIG, { ...RISKY, RiskLevel: "none" }, 1)).toBe(PASS);
      expect(verdict(CONFIG, {}, -1)).toBe(DENY);
    });

    it("MultiModalGuard by dimension", () => {
      expect(verdict(MULTI, { RiskLevel: "medium" }, 2)).toBe(DENY);
      expect(verdict(MULTI, { AttackLevel: "high" }, 3)).toBe(DENY);
      expect(verdict(MULTI, { ...RISKY, RiskLevel: "none" }, 4)).toBe(PASS);
      const sensitive = { Detail: [RISKY.Detail[1]] };
      expect(verdict(MULTI, sensitive, 3, true)).toBe(MASK);
      expect(verdict(MULTI, sensitive, 3, false)).toBe(DENY);
      expect(verdict(MULTI, sensitive, 4, true)).toBe(PASS);
      expect(verdict(MULTI, { Detail: RISKY.Detail.slice(0, 2) }, 3, true)).toBe(DENY);
      expect(verdict(MULTI, { Detail: [RISKY.Detail[2]] }, 1)).toBe(PASS);
    });
  });
});
