import type { Host } from "proxy-wasm-test";
import { beforeEach, describe, expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { gateway } from "./support.js";

const CONFIG = {
  scan: "early",
  modelToHeader: "x-model",
  modelMapping: { "map-*": "mapped-*" },
};
const TYPE = { "content-type": "application/json" };
const PATH = "/v1/chat/completions";

let host: Host;
beforeEach(async () => void (host = await gateway(CONFIG)));

/** Body and `x-model` as the upstream sees them. */
async function routed(chunks: readonly (string | Buffer)[]): Promise<[string, string | undefined]> {
  const { requests } = host.clusters["backend"]!;
  requests.length = 0;
  expect((await host.fetch(PATH, { headers: TYPE, chunks })).status).toBe(200);
  const [seen] = requests;
  return [seen!.body, new Map(seen!.headers).get("x-model")];
}

function cutAtRandom(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random.below(12);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("a body goes on as soon as its model is known", () => {
  test.each<[string, string, string]>([
    ["the closing quote", '{"a":[{"model":1}],"model":"map-1', '"'],
    ["the byte behind a number", '{"model":12', ","],
    ["the byte behind a word", '{"model":true', " "],
    ["the bracket of what is no model", '{"model":', "["],
  ])("with %s", async (_what, before, decisive) => {
    const stream = host.stream(`POST http://a.test${PATH}`, { headers: TYPE });
    expect((await stream.headers()).paused).toBe(true);
    for (const byte of before) expect((await stream.data(byte)).paused).toBe(true);
    expect((await stream.data(decisive)).paused).toBe(false);
    expect((await stream.data("anything")).paused).toBe(false);
    await stream.abort();
  });

  test.each<[string, string]>([
    ["has not named it yet", '{"a":{"model":"map-1"},"messages":["model"],"b":"\\"model\\":1,"'],
    ["is no JSON", '{model:"map-1",'],
    ["is no object", '["map-1",'],
    ["has ended without it", '{"a":1}'],
    ["has a key that nobody would send", `{"${"k".repeat(40_000)}":1,"model":"map-1",`],
    ["names one that nobody has", `{"model":"${"m".repeat(40_000)}",`],
  ])("not when it %s", async (_what, body) => {
    const stream = host.stream(`POST http://a.test${PATH}`, { headers: TYPE });
    await stream.headers();
    expect((await stream.data(body)).paused).toBe(true);
    expect((await stream.data(" ")).paused).toBe(true);
    await stream.abort();
  });
});

test("five hundred mutations: how a body is cut makes no difference to what it becomes", async () => {
  const good = '{"a":[1,{"model":"x]"}],"\\u006do":-1.5e3,"t":null ,"model" : "map-1","b":[{}]}';
  const random = new Random(23);
  for (let i = 0; i < 500; i++) {
    const bytes = Buffer.from(good);
    for (let n = random.below(3); n > 0; n--) {
      bytes[random.below(bytes.length)] = 32 + random.below(95);
    }
    const whole = await routed([bytes]);
    const cut = await routed(cutAtRandom(bytes, random));
    expect(cut, bytes.toString()).toEqual(whole);
    if (isJson(bytes)) expect(whole[1], bytes.toString()).toBe(expected(bytes));
  }
});

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

/** What must stand in `x-model` for a body without repeated keys. */
function expected(bytes: Buffer): string | undefined {
  const { model } = JSON.parse(bytes.toString()) as { model?: string };
  const name = model?.trim();
  return name?.startsWith("map-") ? `mapped-${name.slice(4)}` : name || undefined;
}

test("three hundred mutations of a form: cut or not, and as strict as one that is read whole", async () => {
  const part = (head: string, text: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const good = `${part('name="f"; filename="x"', "\r\n--")}${part('name="model"', "map-1")}--b--`;
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const full = await gateway({ ...CONFIG, scan: "full" });
  const ask = async (to: Host, chunks: Buffer[]): Promise<[string, string | undefined]> => {
    const { requests } = to.clusters["backend"]!;
    requests.length = 0;
    await to.fetch(PATH, { headers, chunks });
    return [requests[0]!.body, new Map(requests[0]!.headers).get("x-model")];
  };
  const random = new Random(29);
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(good);
    for (let n = random.below(3); n > 0; n--) {
      bytes[random.below(bytes.length)] = random.pick([10, 13, 34, 45, 98, 102]);
    }
    const whole = await ask(host, [bytes]);
    expect(await ask(host, cutAtRandom(bytes, random)), bytes.toString()).toEqual(whole);
    const strict = await ask(full, [bytes]);
    // What stands behind the model makes a form one that is none, which only `full` sees.
    if (strict[1] !== undefined) expect(whole, bytes.toString()).toEqual(strict);
  }
});

test("a delimiter behind a bare line break is one for some: the form has no model, however it is cut", async () => {
  const head = 'Content-Disposition: form-data; name="model"';
  const random = new Random(31);
  for (const end of ["\n", "\r"]) {
    const hidden = `junk${end}--b${end}${head}${end}${end}map-2${end}--b${end}x`;
    const file = `--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n${hidden}\r\n`;
    const body = Buffer.from(`${file}--b\r\n${head}\r\n\r\nmap-1\r\n--b--`);
    const { requests } = host.clusters["backend"]!;
    for (let i = 0; i < 20; i++) {
      requests.length = 0;
      await host.fetch(PATH, {
        headers: { "content-type": "multipart/form-data; boundary=b" },
        chunks: i ? cutAtRandom(body, random) : [body],
      });
      expect(new Map(requests[0]!.headers).get("x-model")).toBeUndefined();
      expect(requests[0]!.body).toBe(body.toString());
    }
  }
});

test("megabytes before the model are read once, in frames of any size", async () => {
  const values = [`"${"\\\\".repeat(600_000)}"`, "[".repeat(500_000) + "]".repeat(500_000)];
  for (const value of values) {
    const body = Buffer.from(`{"a":${value},"b":${value},"model":"map-1"}`);
    const chunks = Array.from({ length: Math.ceil(body.length / 16_383) }, (_, i) =>
      body.subarray(i * 16_383, (i + 1) * 16_383),
    );
    const [seen, model] = await routed(chunks);
    expect(model).toBe("mapped-1");
    expect(seen).toBe(body.toString().replace("map-1", "mapped-1"));
  }
});
