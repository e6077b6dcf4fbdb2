import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { RESPONSES } from "../../fixtures/responses.js";
import { loadReader, read } from "./usage.js";

beforeAll(loadReader);

describe("hostile input", () => {
  it("a value longer than what is kept is dropped and counted", () => {
    const long = "x".repeat(40_000);
    const body = `{"model":"${long}","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`;
    const usage = read("application/json", body, [20_000, 39_000]);
    expect(usage).toMatchObject({ charged: 3, dropped: 1 });
    expect(usage.model).toBeUndefined();
  });

  describe("an event longer than what is kept", () => {
    const last = 'data: {"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n';
    const text = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
    const cuts = [100_000, 200_000, 290_000];

    it("that says nothing does not hide the next one", () => {
      const usage = read("text/event-stream", text("x".repeat(300_000)) + last, cuts);
      expect(usage).toMatchObject({ charged: 3 });
    });

    it("is read where it says what was used", () => {
      const image = JSON.stringify({
        type: "image_generation.completed",
        b64_json: "A/+b".repeat(100_000),
        usage: { total_tokens: 1756, input_tokens: 100, output_tokens: 1656 },
      });
      const stream = `${text("a")}event: image_generation.completed\r\ndata: ${image}\r\n\r\n`;
      for (const at of [1, 5, 8, 30, 200_000]) {
        const split = stream.length - at;
        expect(read("text/event-stream", stream, [90_000, 270_000, split])).toMatchObject({
          charged: 1756,
        });
      }
      // Cut off behind its usage, and followed by one with less.
      expect(read("text/event-stream", stream.slice(0, -5), cuts).charged).toBe(1756);
      expect(read("text/event-stream", stream + last, cuts).charged).toBe(3);
    });

    it("is not believed where a text only speaks of usage", () => {
      const said = text(`${"x".repeat(300_000)}\\"usage\\":{\\"total_tokens\\":9}`);
      expect(read("text/event-stream", said, cuts)).toMatchObject({ seen: false });
    });
  });

  it("nothing nests too deep", () => {
    const deep = "[".repeat(100_000);
    expect(read("application/json", `{"a":${deep}`).seen).toBe(false);
    const closed = `{"a":${deep}${"]".repeat(100_000)},"usage":{"total_tokens":3,"prompt_tokens":3}}`;
    expect(read("application/json", closed).charged).toBe(3);
  });

  it("no bytes trap, and cuts change nothing", () => {
    const random = new Random(11);
    for (let i = 0; i < 6000; i++) {
      const recorded = random.pick(RESPONSES);
      const body = Buffer.from(recorded.body);
      for (let n = random.below(6); n > 0; n--) {
        const at = random.below(body.length);
        body[at] = random.chance(0.5)
          ? random.below(256)
          : random.pick([...Buffer.from('"{}[]:,\\\n\r0')]);
      }
      const part = body.subarray(0, random.chance(0.5) ? body.length : random.below(body.length));
      const { contentBytes: _a, ...expected } = read(recorded.contentType, part);
      const cuts = Array.from({ length: random.below(6) }, () => random.below(part.length + 1));
      const { contentBytes: _b, ...usage } = read(
        recorded.contentType,
        part,
        cuts.sort((a, b) => a - b),
      );
      expect(usage, `${part.toString("base64")} cut at ${cuts.join()}`).toEqual(expected);
    }
  });
});
