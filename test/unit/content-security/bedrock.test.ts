import { beforeAll, describe, expect, it } from "vitest";
import { DENY, MASK, PASS, REQUEST, RESPONSE, Services, TEXT, URL } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const BEDROCK = {
  type: "bedrock",
  serviceName: "bedrock.dns",
  servicePort: 443,
  region: "us-east-1",
  guardrailId: "gr1x2y3z",
  apiKey: "bedrock-key",
};

it("calls", () => {
  expect(services.ask(BEDROCK, REQUEST, TEXT, "<hi>")).toEqual({
    head: [
      "content-type: application/json",
      "authorization: Bearer bedrock-key",
      ":method: POST",
      ":path: /guardrail/gr1x2y3z/version/DRAFT/apply",
      ":authority: bedrock-runtime.us-east-1.amazonaws.com",
    ],
    body: '{"source":"INPUT","content":[{"text":{"text":"\\u003chi\\u003e"}}]}',
  });
  const config = { ...BEDROCK, guardrailVersion: 3, serviceHost: "proxy.example" };
  const call = services.ask(config, RESPONSE, TEXT, "answer");
  expect(call?.head).toContain(":path: /guardrail/gr1x2y3z/version/3/apply");
  expect(call?.head).toContain(":authority: proxy.example");
  expect(call?.body).toBe('{"source":"OUTPUT","content":[{"text":{"text":"answer"}}]}');
  expect(services.ask(BEDROCK, REQUEST, URL, "https://e.com/a.png")).toBeNull();
});

describe("answers", () => {
  const intervened = (assessment: object, text: unknown = "Sorry."): object => ({
    action: "GUARDRAIL_INTERVENED",
    outputs: [{ text }],
    assessments: [assessment],
  });
  const ANONYMOUS = {
    sensitiveInformationPolicy: {
      piiEntities: [{ type: "PHONE", match: "123", action: "ANONYMIZED", detected: true }],
      regexes: [{ name: "order", match: "A-1", regex: "A-\\d", action: "ANONYMIZED" }],
    },
  };

  it("NONE passes, whatever was noticed", () => {
    const answer = { ...intervened(ANONYMOUS), action: "NONE" };
    expect(services.parse(BEDROCK, answer)).toEqual({ findings: [] });
  });

  it("what was only made anonymous is masked, its values stay out of the audit", () => {
    const answer = intervened(ANONYMOUS, "call {PHONE}");
    expect(services.parse(BEDROCK, answer)).toEqual({
      label: "PHONE,order",
      masked: "call {PHONE}",
      findings: ["sensitiveData/s3*"],
    });
    expect(services.verdict(BEDROCK, answer, 3)).toBe(MASK);
    expect(services.verdict(BEDROCK, answer, 4)).toBe(PASS);
  });

  const BLOCKS: [policy: object, finding: string, label: string, words?: string][] = [
    [
      { topicPolicy: { topics: [{ name: "finance", type: "DENY", action: "BLOCKED" }] } },
      "customLabel/high",
      "finance",
    ],
    [
      { contentPolicy: { filters: [{ type: "HATE", confidence: "HIGH", action: "BLOCKED" }] } },
      "contentModeration/high",
      "HATE",
    ],
    [
      { contentPolicy: { filters: [{ type: "PROMPT_ATTACK", action: "BLOCKED" }] } },
      "promptAttack/high",
      "PROMPT_ATTACK",
    ],
    [
      {
        wordPolicy: {
          customWords: [{ match: "word", action: "BLOCKED" }],
          managedWordLists: [{ match: "term", type: "PROFANITY", action: "BLOCKED" }],
        },
      },
      "customLabel/high",
      "PROFANITY",
      "word,term",
    ],
    [
      { contextualGroundingPolicy: { filters: [{ type: "GROUNDING", action: "BLOCKED" }] } },
      "modelHallucination/high",
      "GROUNDING",
    ],
    [
      { sensitiveInformationPolicy: { piiEntities: [{ type: "SSN", action: "BLOCKED" }] } },
      "sensitiveData/s3",
      "SSN",
    ],
  ];
  for (const [policy, finding, label, words] of BLOCKS) {
    it(`${Object.keys(policy).join()} ${label} refuses with the service's words`, () => {
      expect(services.parse(BEDROCK, intervened(policy))).toEqual({
        label,
        ...(words === undefined ? {} : { words }),
        message: "Sorry.",
        findings: [finding],
      });
      expect(services.verdict(BEDROCK, intervened(policy), 3)).toBe(DENY);
    });
  }

  it("one that blocks among others that mask refuses", () => {
    const entities = [
      { type: "PHONE", action: "ANONYMIZED" },
      { type: "SSN", action: "BLOCKED" },
      { type: "NAME", action: "NONE" },
    ];
    const answer = intervened({ sensitiveInformationPolicy: { piiEntities: entities } });
    expect(services.parse(BEDROCK, answer)?.findings).toEqual(["sensitiveData/s3"]);
    const both = { ...ANONYMOUS, wordPolicy: { customWords: [{ match: "w", action: "BLOCKED" }] } };
    const said = services.parse(BEDROCK, intervened(both));
    expect(said?.findings).toEqual(["sensitiveData/s3*", "customLabel/high"]);
    expect(said).not.toHaveProperty("masked");
    expect(services.verdict(BEDROCK, intervened(both), 3)).toBe(DENY);
  });

  it("an intervention without a reason, or without a text, refuses", () => {
    expect(services.parse(BEDROCK, intervened({}))).toEqual({
      message: "Sorry.",
      findings: ["contentModeration/high"],
    });
    const invocation = { invocationMetrics: { usage: [{ action: "BLOCKED" }] } };
    expect(services.parse(BEDROCK, intervened(invocation))?.findings).toEqual([
      "contentModeration/high",
    ]);
    for (const outputs of [undefined, null, [], {}, [1], [{ text: 1 }]]) {
      const answer = { ...intervened(ANONYMOUS), outputs };
      expect(services.verdict(BEDROCK, answer, 3), JSON.stringify(outputs)).toBe(DENY);
    }
    for (const assessments of [undefined, null, 1, [], [1], [{ wordPolicy: 1 }]]) {
      const answer = { ...intervened({}), assessments };
      expect(services.verdict(BEDROCK, answer, 3), JSON.stringify(assessments)).toBe(DENY);
    }
  });

  it("anything else is a failure", () => {
    for (const answer of ["", "[]", {}, { action: "none" }, { message: "Too many requests" }]) {
      expect(services.parse(BEDROCK, answer), JSON.stringify(answer)).toBeNull();
    }
    expect(services.believedCuts(BEDROCK, intervened(ANONYMOUS))).toEqual([]);
  });
});

it("configurations", () => {
  const configure = (more: object): string =>
    services.configure({ backend: { ...BEDROCK, ...more } });
  expect(configure({})).toBe(
    "outbound|443||bedrock.dns bedrock-runtime.us-east-1.amazonaws.com 2000 2147483647\n",
  );
  expect(configure({ guardrailId: "" })).toBe("backend.guardrailId: is required");
  for (const field of ["guardrailId", "guardrailVersion"]) {
    expect(configure({ [field]: "a/b" })).toBe(`backend.${field}: must be letters and digits`);
  }
});
