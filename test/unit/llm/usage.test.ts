import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { RESPONSES, type RecordedResponse } from "../../fixtures/responses.js";
import { allCuts, encodeCuts } from "./cuts.js";
import { peerUsage } from "./peer.js";
import { loadReader, read, run, type Usage } from "./usage.js";

beforeAll(loadReader);

const whole = ({ contentType, body }: RecordedResponse): Usage => read(contentType, body);
const charged = RESPONSES.filter(({ billed }) => billed > 0);

describe("chunks that are whole events", () => {
  const usage = '{"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}';
  const silent = 'data: {"usage":null}\n\n';
  const told = `data: ${usage}\n\n`;
  const sum = (...chunks: string[]): Usage => {
    const cuts = chunks.slice(0, -1).map((_, i) => chunks.slice(0, i + 1).join("").length);
    return read("text/event-stream", chunks.join(""), cuts);
  };

  it("are read where they say something, after any number that do not", () => {
    expect(sum(silent, silent, silent, told, silent)).toMatchObject({ total: 7 });
  });

  it("are not mistaken for such inside of an event", () => {
    expect(sum(silent, "data: {\n", `data:\n\n${told}`)).toMatchObject({ total: 7 });
    expect(sum(silent, 'data: {"usage":\n', `data: {"total_tokens":7}}\n\n`)).toMatchObject({
      total: 7,
    });
  });

  it("may begin with the other half of a line end", () => {
    expect(sum(silent, "data: {}\r\n\r", "\ndata: {}\n\n", told)).toMatchObject({ total: 7 });
  });

  it("end what was too long to keep", () => {
    const long = `data: "${"x".repeat(300_000)}`;
    expect(sum(silent, long, `\n\n`, told)).toMatchObject({ total: 7 });
    expect(sum(silent, `${long}\n`, told, told)).toMatchObject({ total: 7 });
  });
});

describe("recorded responses", () => {
  it.each(charged.map((one) => [one.name, one] as const))("%s", (_name, recorded) => {
    const usage = whole(recorded);
    expect(usage).toMatchObject({ seen: true, billed: recorded.billed });
    expect([usage.input ?? 0, usage.output ?? 0]).toEqual([recorded.input, recorded.output]);
    expect(usage.charged).toBe(recorded.input + recorded.output);
    expect(usage.model ?? "").toBe(recorded.model);
    if (recorded.contentBytes !== undefined) expect(usage.contentBytes).toBe(recorded.contentBytes);
  });

  it.each(RESPONSES.map((one) => [one.name, one] as const))(
    "%s, while other answers come and go",
    (_name, recorded) => {
      const other = '{"model":"m","usage":{"prompt_tokens":70,"completion_tokens":7}}';
      const { contentBytes: _whole, ...expected } = whole(recorded);
      const { contentType, body } = recorded;
      const places = Array.from({ length: Buffer.byteLength(body) }, (_, at) => at);
      const cuts = encodeCuts(places);
      const usage = JSON.parse(
        run("readAmongOthers", [], contentType, body, cuts, other)!.toString(),
      );
      expect(usage).toEqual(expected);
    },
  );

  it.each(RESPONSES.map((one) => [one.name, one] as const))(
    "%s, cut anywhere",
    (_name, recorded) => {
      const { contentBytes: _whole, ...expected } = whole(recorded);
      for (const cuts of allCuts(Buffer.byteLength(recorded.body))) {
        const { contentBytes: _cut, ...usage } = read(recorded.contentType, recorded.body, cuts);
        expect(usage, `cut at ${cuts.join()}`).toEqual(expected);
      }
    },
  );

  it.each(charged.map((one) => [one.name, one] as const))(
    "%s: the numbers of Higress",
    (_name, { body, contentType }) => {
      const usage = read(contentType, body);
      const peer = peerUsage(body);
      expect([usage.input ?? 0, usage.output ?? 0]).toEqual([peer.input, peer.output]);
      expect(usage.total).toBe(peer.total);
      expect(usage.model ?? "unknown").toBe(peer.model);
    },
  );

  it("a response without usage is not seen", () => {
    expect(whole(RESPONSES.at(-1)!).seen).toBe(false);
    expect(read("application/json", "").seen).toBe(false);
    expect(read("text/event-stream", 'data: {"choices":[]}\n\n').seen).toBe(false);
    expect(read("text/html", "<html>usage</html>").seen).toBe(false);
  });

  it("an id is kept", () => {
    expect(whole(RESPONSES[0]!).chatId).toBe("chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG");
    expect(whole(RESPONSES[4]!).chatId).toBe("resp_1");
  });

  it("kinds of tokens are told apart", () => {
    expect(whole(RESPONSES[0]!)).toMatchObject({ cachedInput: 4, reasoning: 3 });
    expect(whole(RESPONSES[7]!)).toMatchObject({ cacheCreation: 100, cacheRead: 30 });
    expect(whole(RESPONSES[9]!)).toMatchObject({ thoughts: 1100 });
  });
});

describe("streams that break off", () => {
  const stream = RESPONSES.find(({ name }) => name === "Anthropic, stream")!;

  it("have what their complete events said", () => {
    const at = stream.body.indexOf("event: message_delta") + 40;
    const usage = read(stream.contentType, stream.body.slice(0, at), [], "readUnended");
    expect(usage).toMatchObject({ seen: true, input: 472, output: 2, charged: 474 });
  });

  it("never count a number that is cut off", () => {
    const body = 'data: {"usage":{"prompt_tokens":1,"completion_tokens":23,"total_tokens":24}}\n\n';
    for (let end = 0; end < body.length; end++) {
      const { charged: tokens } = read("text/event-stream", body.slice(0, end), []);
      expect([undefined, 24], body.slice(0, end)).toContain(tokens);
    }
    const json = '{"usage":{"prompt_tokens":1,"completion_tokens":23,"total_tokens":24}}';
    for (let end = 0; end < json.length; end++) {
      const { charged: tokens } = read("application/json", json.slice(0, end), []);
      expect([undefined, 24], json.slice(0, end)).toContain(tokens);
    }
  });
});

describe("odd numbers", () => {
  const usageOf = (prompt: string, completion: string, total: string): Usage =>
    read(
      "application/json",
      `{"usage":{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${total}}}`,
    );

  it.each([
    ["10.7", 10],
    ['"10"', 10],
    ["true", 1],
    ["null", 0],
    ["-5", 0],
    ["1e3", 1000],
    ['"x"', 0],
    ["[]", 0],
    ["{}", 0],
    ["1e400", 0],
    ["99999999999999999999", 1e12],
  ])("%s counts as %i", (text, input) => {
    expect(usageOf(text, "1", "5").input ?? 0).toBe(input);
  });

  it("a total of null or 0 is not charged", () => {
    expect(usageOf("1", "1", "null").seen).toBe(false);
    expect(usageOf("1", "1", "0").seen).toBe(false);
  });

  it("the first path that exists counts, be it null", () => {
    const body = '{"usage":{"prompt_tokens":null,"input_tokens":7,"output_tokens":1}}';
    expect(read("application/json", body).input ?? 0).toBe(0);
  });
});

describe("against the peer's procedure, whole bodies", () => {
  it.each([1, 2, 3])("seed %i", (seed) => {
    const random = new Random(seed);
    const number = (): number => random.below(500);
    const usages = [
      () => ({ prompt_tokens: number(), completion_tokens: number(), total_tokens: number() }),
      () => ({ prompt_tokens: number(), completion_tokens: number() }),
      () => ({ input_tokens: number(), output_tokens: number() }),
      () => ({
        input_tokens: number(),
        output_tokens: number(),
        cache_read_input_tokens: number(),
      }),
      () => ({ output_tokens: number() }),
      () => null,
      () => ({}),
      () => ({ completion_tokens: null, total_tokens: number() }),
    ];
    const document = (): object => {
      const usage = random.pick(usages)();
      const model = random.pick(["m1", "m2", ""]);
      return random.pick([
        () => ({ model, usage, choices: [{ delta: { content: 'x "usage": {' } }] }),
        () => ({ id: "1", usage }),
        () => ({ type: "message_start", message: { model, usage } }),
        () => ({ type: "response.completed", response: { model, usage } }),
        () => ({ choices: [] }),
        () => ({
          modelVersion: model,
          usageMetadata: { promptTokenCount: number(), candidatesTokenCount: number() },
        }),
      ])();
    };
    for (let i = 0; i < 2000; i++) {
      const isStream = random.chance(0.7);
      const body = isStream
        ? Array.from(
            { length: 1 + random.below(5) },
            () => `data: ${JSON.stringify(document())}\n\n`,
          )
            .join("")
            .replaceAll("\n", random.pick(["\n", "\r\n", "\r"]))
        : JSON.stringify(document());
      const usage = read(isStream ? "text/event-stream" : "application/json", body);
      const peer = peerUsage(body);
      expect(usage.seen, body).toBe(peer.seen);
      if (!peer.seen) continue;
      expect([usage.input ?? 0, usage.output ?? 0], body).toEqual([peer.input, peer.output]);
    }
  });
});

describe("weights", () => {
  const weigh = (recorded: RecordedResponse, ...weights: number[]): number => {
    const millionths = weights.map((weight) => Math.round(weight * 1e6));
    const { contentType, body } = recorded;
    return Number(run("weigh", millionths, contentType, body, encodeCuts([]))!.toString());
  };

  it.each(charged.map((one) => [one.name, one] as const))(
    "%s: all of them 1 is what the provider bills",
    (_name, recorded) => {
      expect(weigh(recorded, 1, 1, 1, 1, 1)).toBe(recorded.billed);
    },
  );

  it("each kind has its own, the result is rounded up", () => {
    const chat = RESPONSES[0]!; // 15 + 4 cached, 7 + 3 reasoning
    expect(weigh(chat, 1, 0, 0, 0, 0)).toBe(15);
    expect(weigh(chat, 0, 1, 0, 0, 0)).toBe(4);
    expect(weigh(chat, 0, 0, 0, 1, 0)).toBe(7);
    expect(weigh(chat, 0, 0, 0, 0, 1)).toBe(3);
    expect(weigh(chat, 0.1, 0, 0, 0, 0)).toBe(2);
    expect(weigh(chat, 0.2, 0, 0, 0, 0)).toBe(3);
    const claude = RESPONSES[7]!;
    expect(weigh(claude, 0, 1, 0, 0, 0)).toBe(30);
    expect(weigh(claude, 0, 0, 1, 0, 0)).toBe(100);
    expect(weigh(RESPONSES[9]!, 0, 0, 0, 0, 1)).toBe(1100);
  });
});
