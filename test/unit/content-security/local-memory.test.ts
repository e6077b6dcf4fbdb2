import { beforeAll, describe, expect, it } from "vitest";
import { LocalRules, REQUEST, RESPONSE } from "./local.js";

let local: LocalRules;

beforeAll(async () => {
  local = await LocalRules.load();
});

const masked = (text: string, phase = REQUEST): string =>
  local.examine(text, phase).text.toString();

describe("what was masked is put back", () => {
  it("the longest placeholder first, also twice", () => {
    local.use({ builtin: "email", action: "mask", restore: true });
    const mails = Array.from({ length: 12 }, (_, i) => `m${i + 1}@x.yz`);
    expect(masked(mails.join(" "))).toMatch(/\[\[EMAIL_12\]\]$/);
    expect(masked("m1@x.yz")).toBe("[[EMAIL_1]]");
    expect(local.restore("to [[EMAIL_12]], [[EMAIL_1]] [[EMAIL_1] [[EMAIL_13]]")).toBe(
      "to m12@x.yz, m1@x.yz [[EMAIL_1] [[EMAIL_13]]",
    );
    expect(local.restore("nothing")).toBe("nothing");
  });

  it("not when it stands for two texts, nor a part of it; hashes anywhere", () => {
    local.use(
      { regex: "\\d{3}", action: "mask", restore: true, value: "**" },
      { regex: "[xy]", action: "mask", restore: true, value: "*" },
      { regex: "sk\\w+", action: "mask", restore: true, hash: true },
      { regex: "q", action: "mask", value: "<q>" },
    );
    expect(masked("123 x 456 q")).toBe("** * ** <q>");
    expect(local.restore("** * ** <q>")).toBe("** x ** <q>");
    local.begin();
    expect(masked("123 x 123")).toBe("** * **");
    expect(local.restore("** ** * ***")).toBe("123 123 x 123x");
    const hash = masked("skey");
    expect(local.restore(`a${hash}b`)).toBe("askeyb");
  });

  it("not what the request wrote itself", () => {
    local.use({ builtin: "email", action: "mask", restore: true });
    expect(masked("[[EMAIL_1]] [[[EMAIL_3]] [[x")).toBe("[[EMAIL_1]] [[[EMAIL_3]] [[x");
    expect(masked("a@b.cc c@d.ee [[EMAIL_5]]")).toBe("[[EMAIL_2]] [[EMAIL_4]] [[EMAIL_5]]");
    expect(local.restore("[[EMAIL_1]] [[EMAIL_2]] [[EMAIL_3]] [[EMAIL_4]]")).toBe(
      "[[EMAIL_1]] a@b.cc [[EMAIL_3]] c@d.ee",
    );
  });

  it("into the strings of a tool's arguments", () => {
    local.use({ name: "quote", regex: "<.*>", action: "mask", restore: true, phase: "request" });
    expect(masked('<a "b"\\>')).toBe("[[QUOTE_1]]");
    local.expectJson();
    expect(masked('{"to":"[[QUOTE_1]]"}', RESPONSE)).toBe('{"to":"<a \\"b\\"\\\\>"}');
    const pieces = ['{"to":"[[QUO', 'TE_1]]"}'];
    expect(local.stream(pieces).text.toString()).toBe('{"to":"<a \\"b\\"\\\\>"}');
    local.expectJson(false);
    expect(masked("[[QUOTE_1]]", RESPONSE)).toBe('<a "b"\\>');
  });

  it("in answers, which are masked and refused by what the model wrote", () => {
    local.use(
      { builtin: "email", action: "mask", restore: true },
      { words: ["bad"], phase: "response" },
    );
    expect(masked("bad@x.yz")).toBe("[[EMAIL_1]]");
    const answer = local.examine("dear [[EMAIL_1]], other@x.yz wrote", RESPONSE);
    expect(answer.text.toString()).toBe("dear bad@x.yz, [[EMAIL_2]] wrote");
    // What the answer masks stays masked.
    expect(masked("[[EMAIL_2]]", RESPONSE)).toBe("[[EMAIL_2]]");
    expect(local.examine("bad [[EMAIL_1]]", RESPONSE).verdict).toBe("deny");
  });
});
