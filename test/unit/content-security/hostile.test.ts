import { beforeAll, describe, expect, it } from "vitest";
import { damaged, mistyped } from "../../conformance/damage.js";
import { Random } from "../../conformance/random.js";
import { REQUEST, RESPONSE, Services, TEXT, URL } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const AT = { serviceName: "a.static", servicePort: 80 };
const KEYS = { serviceHost: "h", accessKey: "a", secretKey: "s", action: "MultiModalGuard" };
const FOUND = { Type: "sensitiveData", Level: "S3", Suggestion: "mask" };

/** Each service with an answer that says all it can say. */
const SERVICES: [name: string, config: object, answer: object][] = [
  [
    "aliyun",
    { type: "aliyun", ...AT, ...KEYS },
    {
      Code: 200,
      RequestId: "R",
      Data: {
        RiskLevel: "high",
        Result: [{ Label: "l", RiskWords: "w" }],
        Advice: [{ Answer: "a" }],
        Detail: [{ ...FOUND, Result: [{ Ext: { Desensitization: "x" } }] }],
      },
    },
  ],
  [
    "qwen3guard",
    { type: "chat-guard", ...AT },
    { id: "c", choices: [{ message: { content: "Safety: Unsafe\nCategories: PII, Violent" } }] },
  ],
  [
    "llama-guard",
    { type: "chat-guard", parser: "llama-guard", ...AT },
    { id: "c", choices: [{ message: { content: "\n\nunsafe\nS1,S7" } }] },
  ],
  [
    "custom",
    { type: "chat-guard", parser: "custom", unsafePattern: "(?i)un.*safe", ...AT },
    { id: "c", choices: [{ message: { content: "it is UN \u00e9 safe" } }] },
  ],
  [
    "openai",
    { type: "openai-moderation", scoreThresholds: { hate: 0.5 }, ...AT },
    { results: [{ flagged: false, categories: { hate: true }, category_scores: { hate: 0.7 } }] },
  ],
  ["litellm", { type: "webhook", ...AT }, { action: "GUARDRAIL_INTERVENED", texts: ["x"] }],
  [
    "kgateway",
    { type: "webhook", contract: "kgateway", ...AT },
    { action: { body: { messages: [{ role: "user", content: "x" }] }, reason: "r" } },
  ],
  [
    "azure",
    { type: "azure", ...AT },
    {
      categoriesAnalysis: [{ category: "Hate", severity: 4 }],
      blocklistsMatch: [{ blocklistName: "b", blocklistItemText: "t" }],
    },
  ],
  [
    "bedrock",
    { type: "bedrock", guardrailId: "g", ...AT },
    {
      action: "GUARDRAIL_INTERVENED",
      outputs: [{ text: "x" }],
      assessments: [{ wordPolicy: { customWords: [{ match: "w", action: "BLOCKED" }] } }],
    },
  ],
];

describe("no answer traps", () => {
  for (const [seed, [name, config, answer]] of SERVICES.entries()) {
    it(name, () => {
      const random = new Random(seed + 1);
      const whole = Buffer.from(JSON.stringify(answer));
      expect(services.parse(config, answer)?.findings).not.toEqual([]);
      let failures = 0;
      for (let i = 0; i < 400; i++) {
        const body = random.chance(0.5)
          ? damaged(random, whole)
          : Buffer.from(JSON.stringify(mistyped(random, answer)));
        // A trap is an exception of the driver.
        if (services.parseBytes(config, body, random.pick([REQUEST, RESPONSE])) === null)
          failures++;
      }
      expect(failures).toBeGreaterThan(0);
    });

    it(`${name}: deep, long and empty ones`, () => {
      const deep = `${"[".repeat(9000)}${"]".repeat(9000)}`;
      const member = Object.keys(answer)[0] ?? "";
      for (const body of ["", "\0", deep, "[".repeat(50_000), `{"${member}":${deep}}`]) {
        expect(services.parse(config, body)).toBeNull();
      }
    });
  }
});

describe("no question traps, and all of it arrives", () => {
  const LETTERS = [..."aé中😀<>&\"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028\u2029\ufffd +%=~*'()"];

  for (const [seed, [name, config]] of SERVICES.entries()) {
    it(name, () => {
      const random = new Random(seed + 1);
      for (let i = 0; i < 60; i++) {
        const text = Array.from({ length: random.below(30) }, () => random.pick(LETTERS)).join("");
        const body = services.ask(config, random.pick([REQUEST, RESPONSE]), TEXT, text)?.body ?? "";
        const json = name === "aliyun" ? new URLSearchParams(body).get("ServiceParameters") : body;
        expect(JSON.stringify(JSON.parse(json ?? ""))).toContain(JSON.stringify(text));
      }
      services.ask(config, REQUEST, URL, "\u0000 no url");
    });
  }
});
