import { beforeAll, describe, expect, it } from "vitest";
import {
  ASKED,
  BASE64,
  DENY,
  MASK,
  PASS,
  REQUEST,
  RESPONSE,
  Services,
  TEXT,
  URL,
} from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const HOOK = { type: "webhook", serviceName: "hook.static", servicePort: 80, serviceHost: "hook" };
const KGATEWAY = { ...HOOK, contract: "kgateway" };

describe("litellm", () => {
  const body = (phase: number, kind: number, asked: string, more: object = {}): unknown =>
    services.ask({ ...HOOK, ...more }, phase, kind, asked)?.body;

  it("calls", () => {
    const config = { ...HOOK, headers: { "X-API-Key": "k" } };
    expect(services.ask(config, REQUEST, TEXT, "hi")).toEqual({
      head: [
        "content-type: application/json",
        "x-api-key: k",
        ":method: POST",
        ":path: /beta/litellm_basic_guardrail_api",
        ":authority: hook",
      ],
      body: '{"texts":["hi"],"input_type":"request","request_data":{},"litellm_call_id":"0123456789abcdef0123","additional_provider_specific_params":{}}',
    });
    expect(body(RESPONSE, TEXT, "你好", { parameters: { tenant: "a" } })).toBe(
      '{"texts":["你好"],"input_type":"response","request_data":{},"litellm_call_id":"0123456789abcdef0123","additional_provider_specific_params":{"tenant":"a"}}',
    );
    expect(body(REQUEST, URL, "https://e.com/a.png")).toContain(
      '{"texts":[],"images":["https://e.com/a.png"],',
    );
    expect(body(REQUEST, BASE64, "/9j/4A")).toContain(
      '"images":["data:image/jpeg;base64,/9j/4A"],',
    );
    expect(services.ask({ ...HOOK, path: "/judge" }, 0, 0, "x")?.head).toContain(":path: /judge");
  });

  it("NONE, BLOCKED and an intervention", () => {
    expect(services.parse(HOOK, { action: "NONE", texts: ["x"] })).toEqual({ findings: [] });
    const same = { action: "GUARDRAIL_INTERVENED", texts: [ASKED] };
    expect(services.parse(HOOK, same)).toEqual({ findings: [] });
    const blocked = { action: "BLOCKED", blocked_reason: "violence" };
    expect(services.parse(HOOK, blocked)).toEqual({
      label: "violence",
      findings: ["contentModeration/high"],
    });
    expect(services.verdict(HOOK, blocked, 3)).toBe(DENY);
    const masked = { action: "GUARDRAIL_INTERVENED", texts: ["call ***"], blocked_reason: null };
    expect(services.parse(HOOK, masked)).toEqual({
      masked: "call ***",
      findings: ["sensitiveData/s3*"],
    });
  });

  it("the service decides between masking and refusing, the bars whether anything happens", () => {
    const masked = { action: "GUARDRAIL_INTERVENED", texts: [""] };
    expect(services.verdict(HOOK, masked, 3, false)).toBe(MASK);
    expect(services.verdict(HOOK, masked, 3, true)).toBe(MASK);
    expect(services.verdict(HOOK, masked, 4)).toBe(PASS);
  });

  it("an intervention without a usable text is a refusal, also one in an image", () => {
    for (const texts of [undefined, null, [], ["a", "b"], [1], "a", {}, { a: "b" }]) {
      const answer = { action: "GUARDRAIL_INTERVENED", texts };
      expect(services.parse(HOOK, answer), JSON.stringify(texts)).toEqual({
        findings: ["contentModeration/high"],
      });
    }
    const image = { action: "GUARDRAIL_INTERVENED", texts: ["x"], images: ["y"] };
    expect(services.parse(HOOK, image, REQUEST, URL)?.findings).toEqual(["contentModeration/high"]);
  });

  it("anything else is a failure", () => {
    for (const answer of ["", "NONE", "[]", {}, { action: "none" }, { action: null }]) {
      expect(services.parse(HOOK, answer), JSON.stringify(answer)).toBeNull();
    }
    expect(services.believedCuts(HOOK, { action: "NONE" })).toEqual([]);
  });
});

describe("kgateway", () => {
  const mask = (content: unknown, phase = REQUEST as number): object => {
    const message = { role: "user", content };
    return {
      action: { body: phase === REQUEST ? { messages: [message] } : { choices: [{ message }] } },
    };
  };

  it("calls: a path for each phase, below one's own", () => {
    const request = services.ask(KGATEWAY, REQUEST, TEXT, "hi");
    expect(request?.head).toContain(":path: /request");
    expect(request?.body).toBe('{"body":{"messages":[{"role":"user","content":"hi"}]}}');
    const response = services.ask({ ...KGATEWAY, path: "/guard" }, RESPONSE, TEXT, "hi");
    expect(response?.head).toContain(":path: /guard/response");
    expect(response?.body).toBe(
      '{"body":{"choices":[{"message":{"role":"assistant","content":"hi"}}]}}',
    );
    expect(services.ask(KGATEWAY, REQUEST, URL, "https://e.com/a.png")).toBeNull();
  });

  it("nothing passes, a text refuses, an object masks", () => {
    expect(services.parse(KGATEWAY, { action: {} })).toEqual({ findings: [] });
    expect(services.parse(KGATEWAY, { action: { reason: "fine", body: null } })).toEqual({
      findings: [],
    });
    const reject = { action: { body: "not here", status_code: 403, reason: "violence" } };
    expect(services.parse(KGATEWAY, reject)).toEqual({
      label: "violence",
      message: "not here",
      findings: ["contentModeration/high"],
    });
    expect(services.verdict(KGATEWAY, reject, 3)).toBe(DENY);
    for (const phase of [REQUEST, RESPONSE]) {
      expect(services.parse(KGATEWAY, mask("call ***", phase), phase)).toEqual({
        masked: "call ***",
        findings: ["sensitiveData/s3*"],
      });
    }
    expect(services.verdict(KGATEWAY, mask("x"), 3)).toBe(MASK);
  });

  it("a masked text that is the same passes", () => {
    expect(services.parse(KGATEWAY, mask(ASKED))).toEqual({ findings: [] });
  });

  it("another number of messages, or what is no text, is a refusal", () => {
    const message = { role: "user", content: "x" };
    const bodies: unknown[] = [
      {},
      { messages: [] },
      { messages: [message, message] },
      { messages: {} },
      { messages: [1] },
      { messages: [{ content: ["x"] }] },
      { choices: [{ message }] },
    ];
    for (const body of bodies) {
      expect(services.parse(KGATEWAY, { action: { body } }), JSON.stringify(body)).toEqual({
        findings: ["contentModeration/high"],
      });
    }
    expect(services.parse(KGATEWAY, { action: { body: { choices: [1] } } }, RESPONSE)).toEqual({
      findings: ["contentModeration/high"],
    });
  });

  it("anything else is a failure", () => {
    for (const answer of [
      "",
      "[]",
      {},
      { action: null },
      { action: "x" },
      { action: { body: 1 } },
    ]) {
      expect(services.parse(KGATEWAY, answer), JSON.stringify(answer)).toBeNull();
    }
    expect(services.believedCuts(KGATEWAY, { action: {} })).toEqual([]);
  });
});

it("configurations", () => {
  const configure = (more: object): string => services.configure({ backend: { ...HOOK, ...more } });
  expect(configure({ contract: "other" })).toBe(
    "backend.contract: must be one of litellm, kgateway",
  );
  expect(configure({ parameters: [] })).toBe("backend.parameters: must be an object");
  expect(configure({ maxChars: 100 })).toBe("outbound|80||hook.static hook 2000 100\n");
});
