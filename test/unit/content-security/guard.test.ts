import { beforeAll, describe, expect, it } from "vitest";
import { DENY, PASS, REQUEST, RESPONSE, Services, TEXT, URL } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const OWN = { type: "chat-guard", serviceName: "guard.dns", servicePort: 8000 };
const PEER = { serviceSource: "dns", serviceName: "guard", servicePort: 80, domain: "g.example" };

const completion = (content: unknown): object => ({
  id: "chatcmpl-1",
  choices: [{ index: 0, message: { role: "assistant", content } }],
});

describe("what the model says", () => {
  /** Dimension and level of each finding, then the label; null: a failure. */
  const says = (config: object, content: unknown): string | null => {
    const judgement = services.parse({ ...OWN, ...config }, completion(content));
    if (judgement === null) return null;
    const { findings, label, requestId } = judgement;
    expect(requestId).toBe("chatcmpl-1");
    return [...findings, ...(label === undefined ? [] : [label])].join(" ");
  };

  describe("qwen3guard", () => {
    const CASES: [content: string, expected: string | null][] = [
      ["Safety: Safe\nCategories: None\nRefusal: No", ""],
      ["Safety: Unsafe\nCategories: Violent", "contentModeration/high Violent"],
      ["safety:\n\n  CONTROVERSIAL\r\ncategories: PII\r\n", "sensitiveData/s2 PII"],
      [
        "Safety:Unsafe\nCategories: PII, Jailbreak",
        "sensitiveData/s3 promptAttack/high PII,Jailbreak",
      ],
      ["Safety: Unsafe", "contentModeration/high"],
      ["Safety: Unsafe\nCategories: None", "contentModeration/high"],
      [
        "Safety: Unsafe\nCategories: Suicide & Self-Harm, Sexual Content or Sexual Acts,",
        "contentModeration/high Suicide & Self-Harm,Sexual Content or Sexual Acts",
      ],
      ["<think>\nSafety: maybe\n</think>\nSafety: Safe.", ""],
      ["Safety: Safe\nSafety: Unsafe", ""],
      ["Safety: Safely\nSafety: Unsafe_\nSafety: Unsafe!", "contentModeration/high"],
      [" Safety: Unsafe", null],
      ["It is Safety: Unsafe", null],
      ["Safety:", null],
      ["Safety: Safe1", null],
      ["", null],
    ];
    for (const [content, expected] of CASES) {
      it(JSON.stringify(content), () => expect(says({}, content)).toBe(expected));
    }
  });

  describe("llama-guard", () => {
    const CASES: [content: string, expected: string | null][] = [
      ["safe", ""],
      ["\n\nSafe\n", ""],
      ["unsafe\nS1", "contentModeration/high S1"],
      [
        "\n\nunsafe\r\nS7, S14,S10\n",
        "sensitiveData/s3 promptAttack/high contentModeration/high S7,S14,S10",
      ],
      ["unsafe", "contentModeration/high"],
      ["unsafe\nS6", ""],
      ["unsafe\nS6,S2", "contentModeration/high S2"],
      ["unsafely", null],
      ["maybe unsafe", null],
      ["", null],
    ];
    for (const [content, expected] of CASES) {
      const config = { parser: "llama-guard", ignoreCategories: ["s6"] };
      it(JSON.stringify(content), () => expect(says(config, content)).toBe(expected));
    }
  });

  it("custom: what the pattern finds is unsafe", () => {
    const config = { parser: "custom", unsafePattern: "(?i)^verdict: (bad|ugly)\\b" };
    expect(says(config, "Verdict: BAD")).toBe("contentModeration/high");
    expect(says(config, "Verdict: good")).toBe("");
    expect(says(config, " \n")).toBeNull();
  });

  it("anything but a text in the first choice is a failure", () => {
    const parse = (answer: unknown): unknown => services.parse(OWN, answer);
    for (const content of [null, 1, [], {}]) expect(parse(completion(content))).toBeNull();
    const others = [
      {},
      { choices: [] },
      { choices: {} },
      { choices: [1] },
      { choices: [{}] },
      [],
      "",
      "x",
    ];
    for (const answer of others) expect(parse(answer), JSON.stringify(answer)).toBeNull();
    expect(services.believedCuts(OWN, completion("Safety: Safe"))).toEqual([]);
  });

  it("has an id even if it says nothing", () => {
    expect(services.requestId(OWN, { id: " a ", choices: [] })).toBe("a");
    expect(services.requestId(OWN, { id: 1 })).toBe("");
    expect(services.requestId(OWN, "busy")).toBe("");
  });
});

describe("verdicts", () => {
  const verdict = (config: object, label: string, bar: number): string | null =>
    services.verdict(config, completion(`Safety: ${label}\nCategories: PII`), bar);

  it("qwen3guard: by the label, whatever the category and the bars", () => {
    expect(verdict(PEER, "Unsafe", 4)).toBe(DENY);
    expect(verdict(PEER, "Controversial", 1)).toBe(PASS);
    expect(verdict({ ...PEER, risk_level_bar: "controversial" }, "Controversial", 4)).toBe(DENY);
    expect(verdict({ ...PEER, riskLevelBar: "CONTROVERSIAL" }, "Safe", 0)).toBe(PASS);
  });

  it("else by the bars", () => {
    expect(verdict(OWN, "Unsafe", 3)).toBe(DENY);
    expect(verdict(OWN, "Unsafe", 4)).toBe(PASS);
    expect(verdict(OWN, "Controversial", 3)).toBe(PASS);
    expect(verdict(OWN, "Controversial", 2)).toBe(DENY);
  });
});

describe("calls", () => {
  const ask = (config: object, phase: number, asked: string, prompt = ""): [string[], string] => {
    const { head = [], body = "" } = services.ask(config, phase, TEXT, asked, { prompt }) ?? {};
    return [head, body];
  };

  it("qwen3guard: the peer's bytes", () => {
    expect(ask(PEER, REQUEST, "<你好>")).toEqual([
      [
        "content-type: application/json",
        "authorization: Bearer EMPTY",
        ":method: POST",
        ":path: /v1/chat/completions",
        ":authority: g.example",
      ],
      '{"model":"Qwen/Qwen3Guard-Gen-4B","messages":[{"role":"user","content":"\\u003c你好\\u003e"}],"max_tokens":128}',
    ]);
    const own = { ...PEER, requestPath: "/guard", apiKey: "k", model: "m" };
    const [head, body] = ask(own, RESPONSE, "answer", "question");
    expect(head).toContain("authorization: Bearer k");
    expect(head).toContain(":path: /guard");
    expect(body).toBe(
      '{"model":"m","messages":[{"role":"user","content":"question"},{"role":"assistant","content":"answer"}],"max_tokens":128}',
    );
    expect(ask(own, RESPONSE, "answer", " \n")[1]).toContain('"messages":[{"role":"assistant",');
  });

  it("ours: a temperature, a system prompt, headers of one's own, no key unless there is one", () => {
    const config = {
      ...OWN,
      parser: "llama-guard",
      model: "llama",
      systemPrompt: "Judge.",
      path: "/x?y=1",
      headers: { "X-Tenant": "a", n: 1 },
    };
    const [head, body] = ask(config, REQUEST, "hi");
    expect(head).toEqual([
      "content-type: application/json",
      "x-tenant: a",
      "n: 1",
      ":method: POST",
      ":path: /x?y=1",
      ":authority: guard.dns",
    ]);
    expect(body).toBe(
      '{"model":"llama","messages":[{"role":"system","content":"Judge."},{"role":"user","content":"hi"}],"max_tokens":128,"temperature":0}',
    );
    expect(ask({ ...config, apiKey: "k" }, 0, "hi")[0]).toContain("authorization: Bearer k");
    const basic = { ...config, apiKey: "k", headers: { Authorization: "Basic x" } };
    expect(ask(basic, 0, "hi")[0].filter((line) => line.startsWith("authorization"))).toEqual([
      "authorization: Basic x",
    ]);
  });
});

describe("configuration", () => {
  /** Faults of our own begin with the place of the back end. */
  const configure = (config: object, peer = false): string =>
    services
      .configure(peer ? config : { backend: { type: "chat-guard", ...config } })
      .replace(/^backend[.]/, "")
      .trimEnd();

  it("ours", () => {
    expect(configure(OWN, false)).toBe(
      "outbound|8000||guard.dns guard.dns 2000 2147483647 prompt cumulative",
    );
    const own = { cluster: "guard", serviceHost: "h", timeout: 5, cumulative: false, maxChars: 9 };
    expect(configure(own, false)).toBe("guard h 5 9 prompt");
    const cases: [object, string][] = [
      [{}, "serviceName: is required, or cluster"],
      [{ serviceName: "a" }, "servicePort: is required, or cluster"],
      [{ ...OWN, servicePort: 0 }, "servicePort: must be between 1 and 65535"],
      [{ ...OWN, timeout: 0 }, "timeout: must be between 1 and 600000"],
      [{ ...OWN, maxChars: 0 }, "maxChars: must be between 1 and 2147483647"],
      [{ ...OWN, path: "x" }, "path: must begin with /"],
      [{ ...OWN, parser: "other" }, "parser: must be one of qwen3guard, llama-guard, custom"],
      [{ ...OWN, parser: "custom" }, "unsafePattern: is required for the parser custom"],
      [
        { ...OWN, parser: "custom", unsafePattern: "(" },
        "unsafePattern: error parsing regexp: missing closing ): `(`",
      ],
      [{ ...OWN, headers: [] }, "headers: must be an object"],
      [{ ...OWN, headers: { ":path": "x" } }, "headers.:path: is not a header name"],
      [{ ...OWN, headers: { "a b": "x" } }, "headers.a b: is not a header name"],
      [{ ...OWN, headers: { a: "x\n" } }, "headers.a: cannot stand in a header"],
      [{ ...OWN, apiKey: "x\ny" }, "apiKey: cannot stand in a header"],
    ];
    for (const [config, fault] of cases) expect(configure(config, false)).toBe(fault);
  });

  it("qwen3guard's, in either spelling, with either parser of ours", () => {
    const place = (config: object): string | undefined =>
      configure({ ...PEER, ...config }, true).split(" 2147483647")[0];
    expect(place({})).toBe("outbound|80||guard.dns g.example 2000");
    expect(place({ serviceSource: "ip" })).toBe("outbound|80||guard.static guard 2000");
    expect(place({ serviceSource: "k8s" })).toBe(
      "outbound|80||guard.default.svc.cluster.local guard.default.svc.cluster.local 2000",
    );
    expect(place({ serviceSource: "k8s", namespace: "ai" })).toBe(
      "outbound|80||guard.ai.svc.cluster.local guard.ai.svc.cluster.local 2000",
    );
    expect(place({ serviceSource: "nacos", namespace: "public" })).toBe(
      "outbound|80||guard.DEFAULT-GROUP.public.nacos guard 2000",
    );
    expect(place({ service_name: " a ", service_port: "81", timeout_ms: 7 })).toBe(
      "outbound|81||a.dns g.example 7",
    );
    expect(place({ service_name: " ", service_port: 0, timeoutMs: 8 })).toBe(
      "outbound|80||guard.dns g.example 8",
    );
    expect(configure({ ...PEER, parser: "llama-guard" }, false)).toContain(
      "outbound|80||guard.dns",
    );
  });

  it("its place beside `maxChars` and `headers`, which count in a back end of ours alone", () => {
    const more = { timeoutMs: 7, maxChars: 50, headers: { "X-Tenant": "a" } };
    expect(configure({ ...PEER, ...more })).toBe(
      "outbound|80||guard.dns g.example 7 50 prompt cumulative",
    );
    expect(configure({ ...PEER, ...more }, true)).toContain(" g.example 7 2147483647 ");
    expect(configure({ ...PEER, maxChars: 0 })).toContain("maxChars: must be between 1 and");
    const { head } = services.ask({ ...OWN, ...PEER, ...more }, REQUEST, TEXT, "hi")!;
    expect(head).toContain("x-tenant: a");
  });

  it("what is wrong, in the peer's words", () => {
    const cases: [object, string][] = [
      [{ serviceSource: "" }, "service_source is required"],
      [{ serviceSource: "DNS" }, "unknown service_source: DNS"],
      [{ serviceName: " " }, "service_name is required"],
      [{ servicePort: -1 }, "service_port must be greater than 0"],
      [{ service_port: -1 }, "service_port must be greater than 0"],
      [{ servicePort: null }, "service_port must be greater than 0"],
      [{ domain: "" }, "domain is required when service_source is dns"],
      [{ timeoutMs: 0 }, "timeout_ms must be greater than 0"],
      [{ timeout_ms: 0, timeoutMs: 5 }, "timeout_ms must be greater than 0"],
      [{ riskLevelBar: "Safe" }, "risk_level_bar must be Controversial or Unsafe"],
    ];
    for (const [config, fault] of cases) {
      expect(configure({ ...PEER, ...config }, true), JSON.stringify(config)).toBe(fault);
    }
  });

  it("is not for images", () => {
    expect(services.ask(OWN, REQUEST, URL, "https://e.com/a.png")).toBeNull();
  });
});
