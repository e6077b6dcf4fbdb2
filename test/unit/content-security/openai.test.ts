import { beforeAll, describe, expect, it } from "vitest";
import { BASE64, DENY, PASS, REQUEST, RESPONSE, Services, TEXT, URL } from "./services.js";

let services: Services;

beforeAll(async () => {
  services = await Services.load();
});

const OPENAI = {
  type: "openai-moderation",
  serviceName: "openai.dns",
  servicePort: 443,
  serviceHost: "api.openai.com",
  apiKey: "sk-1",
};

describe("calls", () => {
  const body = (kind: number, asked: string): string | undefined =>
    services.ask(OPENAI, REQUEST, kind, asked)?.body;

  it("a text", () => {
    expect(services.ask(OPENAI, RESPONSE, TEXT, 'say "你好"')).toEqual({
      head: [
        "content-type: application/json",
        "authorization: Bearer sk-1",
        ":method: POST",
        ":path: /v1/moderations",
        ":authority: api.openai.com",
      ],
      body: '{"model":"omni-moderation-latest","input":"say \\"你好\\""}',
    });
    const mistral = { ...OPENAI, model: "mistral-moderation-latest", path: "/m/v1/moderations" };
    const call = services.ask(mistral, REQUEST, TEXT, "x");
    expect(call?.head).toContain(":path: /m/v1/moderations");
    expect(call?.body).toBe('{"model":"mistral-moderation-latest","input":"x"}');
  });

  it("images: a URL, or a data URL with the type that the first bytes tell", () => {
    const image = (url: string): string =>
      `{"model":"omni-moderation-latest","input":[{"type":"image_url","image_url":{"url":"${url}"}}]}`;
    expect(body(URL, "https://e.com/a.png")).toBe(image("https://e.com/a.png"));
    expect(body(BASE64, "DATA:image/bmp;base64,AAAA")).toBe(image("DATA:image/bmp;base64,AAAA"));
    expect(body(BASE64, "iVBORw0KGgo=")).toBe(image("data:image/png;base64,iVBORw0KGgo="));
    expect(body(BASE64, "/9j/4AAQ")).toBe(image("data:image/jpeg;base64,/9j/4AAQ"));
    expect(body(BASE64, "R0lGODlh")).toBe(image("data:image/gif;base64,R0lGODlh"));
    expect(body(BASE64, "UklGRiQA")).toBe(image("data:image/webp;base64,UklGRiQA"));
  });
});

describe("answers", () => {
  const result = (categories: unknown, flagged?: unknown, category_scores?: object): object => ({
    ...(flagged === undefined ? {} : { flagged }),
    categories,
    ...(category_scores ? { category_scores } : {}),
  });
  const answer = (...results: unknown[]): object => ({ id: "modr-1", model: "m", results });
  const HIT = { hate: false, "self-harm/intent": true, illicit: null, violence: true };
  const CALM = { hate: false, illicit: null };

  it("flagged: content moderation, high, with the names of the categories", () => {
    const said = services.parse(OPENAI, answer(result(HIT, true)));
    expect(said).toEqual({
      requestId: "modr-1",
      label: "self-harm/intent,violence",
      findings: ["contentModeration/high"],
    });
    expect(services.verdict(OPENAI, answer(result(HIT, true)), 3)).toBe(DENY);
    expect(services.verdict(OPENAI, answer(result(HIT, true)), 4)).toBe(PASS);
  });

  it("flagged without any category counts, and categories count only when it is flagged", () => {
    expect(services.parse(OPENAI, answer(result(CALM, true)))?.findings).toEqual([
      "contentModeration/high",
    ]);
    expect(services.parse(OPENAI, answer(result(HIT, false)))?.findings).toEqual([]);
  });

  it("Mistral does not flag: any category will do, and knows personal data", () => {
    const said = services.parse(OPENAI, answer(result({ pii: true, law: true, health: false })));
    expect(said?.findings).toEqual(["sensitiveData/s3", "contentModeration/high"]);
    expect(said?.["label"]).toBe("pii,law");
    expect(services.parse(OPENAI, answer(result({ pii: true })))?.findings).toEqual([
      "sensitiveData/s3",
    ]);
    expect(services.parse(OPENAI, answer(result(CALM, null)))?.findings).toEqual([]);
  });

  it("one result of several is enough", () => {
    const said = services.parse(OPENAI, answer(result(CALM, false), result(HIT, true)));
    expect(said?.findings).toEqual(["contentModeration/high"]);
  });

  it("scores from their thresholds on, when nothing is flagged", () => {
    const config = { ...OPENAI, scoreThresholds: { hate: 0.5, pii: 0, violence: 1e-3 } };
    const said = (scores: object, flagged = false): string[] | undefined =>
      services.parse(config, answer(result(CALM, flagged, scores)))?.findings;
    expect(said({ hate: 0.5 })).toEqual(["contentModeration/high"]);
    expect(said({ hate: 0.4999, violence: 9e-4 })).toEqual([]);
    expect(said({ hate: "0.9", other: 1 })).toEqual([]);
    expect(said({ pii: 0 })).toEqual(["sensitiveData/s3"]);
    expect(said({ pii: 1 }, true)).toEqual(["contentModeration/high"]);
  });

  it("anything else is a failure", () => {
    const failures = [
      "",
      "<html>",
      "[]",
      { error: { message: "rate limit" } },
      answer(),
      { results: {} },
      { results: { a: 1 } },
      answer(1),
      answer({ flagged: false }),
      answer(result(CALM, "false")),
      answer(result([], false)),
      answer(result(CALM, false), {}),
    ];
    for (const failure of failures) {
      expect(services.parse(OPENAI, failure), JSON.stringify(failure)).toBeNull();
    }
    expect(services.believedCuts(OPENAI, answer(result(HIT, true)))).toEqual([]);
    expect(services.requestId(OPENAI, { id: "modr-2", results: 1 })).toBe("modr-2");
    expect(services.requestId(OPENAI, "<html>")).toBe("");
  });
});

it("configurations", () => {
  const configure = (more: object): string =>
    services.configure({ backend: { ...OPENAI, ...more } });
  expect(configure({ maxChars: 5 })).toBe("outbound|443||openai.dns api.openai.com 2000 5\n");
  for (const score of ["0.5", 2, -1, null]) {
    expect(configure({ scoreThresholds: { "hate/x": score } })).toBe(
      "backend.scoreThresholds.hate/x: must be a number between 0 and 1",
    );
  }
  expect(configure({ scoreThresholds: [1] })).toBe("backend.scoreThresholds: must be an object");
});
