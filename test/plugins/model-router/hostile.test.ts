import { Random } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway } from "./support.js";

const JSON_TYPE = { "content-type": "application/json" };

describe("bodies made to break a reader pass as they are, and nothing traps", () => {
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  test.each<[string, string | Buffer]>([
    ["a million open brackets", "[".repeat(1_000_000)],
    ["a list deeper than Go reads", `{"model":"map-a","a":${deep(10_000)}}`],
    ["half a surrogate pair cut off", '{"model":"\\ud8'],
    ["a raw control character", '{"model":"map-\na"}'],
    ["a byte order mark", '\ufeff{"model":"map-a"}'],
    ["text behind the document", '{"model":"map-a"}x'],
    ["a leading zero", '{"n":01,"model":"map-a"}'],
    ["NUL bytes", "\0".repeat(100)],
    ["nothing but blanks", " \n\t\r"],
    ["a name of a megabyte", `{"model":"map-${"a".repeat(1_000_000)}"}`],
  ])("%s", async (_what, body) => {
    const host = await gateway();
    expect((await host.fetch("/", { headers: JSON_TYPE, body })).status).toBe(200);
    const [seen] = host.clusters["backend"]!.requests;
    expect(seen!.body).toBe(body.toString());
    expect(seen!.headers.map(([name]) => name)).not.toContain("x-model");
    await host.close();
  });
});

describe("bodies that are valid, if odd, are routed", () => {
  test.each<[string, string]>([
    ["a list as deep as Go reads", "[".repeat(9_999) + "]".repeat(9_999)],
    ["fifty thousand members", `{${'"k":1,'.repeat(50_000)}"z":1}`],
    ["a number of a million digits", "1".repeat(1_000_000)],
    ["a broken escape of a half pair", '"\\ud800"'],
  ])("%s", async (_what, odd) => {
    const host = await gateway();
    const body = `{"a":${odd},"model":"map-a","b":${odd}}`;
    expect((await host.fetch("/", { headers: JSON_TYPE, body })).status).toBe(200);
    const [seen] = host.clusters["backend"]!.requests;
    expect(seen!.body).toBe(body.replace("map-a", "mapped-a"));
    await host.close();
  });

  test.each([
    ["a thousand parts is", 1000, "mapped-a"],
    ["a hundred thousand parts is none and not", 100_000, "map-a"],
  ])("a form of %s routed", async (_what, count, routed) => {
    const part = '--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n';
    const model = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nmap-a\r\n--b--';
    const host = await gateway();
    await host.fetch("/", {
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: part.repeat(count) + model,
    });
    const [seen] = host.clusters["backend"]!.requests;
    expect(seen!.body.endsWith(`\r\n\r\n${routed}\r\n--b--`)).toBe(true);
    await host.close();
  });
});

/** 200 KB that would be a gigabyte with one name in every place. */
const flood = (name: string) => `{"model":"${name}"${',"model":0'.repeat(10_600)}}`;

test.each(["map-a", "a".repeat(100_000)])(
  "a body that names its model ten thousand times is refused: %.9s",
  async (name) => {
    const host = await gateway();
    const answer = await host.fetch("/", { headers: JSON_TYPE, body: flood(name) }).settle();
    expect([answer.status, answer.upstream.length]).toEqual([400, 0]);
    expect(answer.json()).toMatchObject({ error: { code: "ambiguous_model" } });
    const next = await host.fetch("/", { headers: JSON_TYPE, body: '{"model":"map-a"}' });
    expect(next.status).toBe(200); // the VM lives
    await host.close();
  },
);

test("two thousand mutations of a body: valid ones are routed by what JSON.parse sees", async () => {
  const good = '{"a":[1,{"model":"x"}],"model":"map-1","b":"\\u0041 \\n"}';
  const random = new Random(11);
  const host = await gateway();
  const { requests } = host.clusters["backend"]!;
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(good);
    for (let n = random.below(3); n >= 0; n--) {
      bytes[random.below(bytes.length)] = 32 + random.below(95);
    }
    requests.length = 0;
    await host.fetch("/", { headers: JSON_TYPE, body: bytes });
    const [seen] = requests;
    const header = seen!.headers.find(([name]) => name === "x-model")?.[1];
    expect(`${bytes.toString()} ${header}`).toBe(`${bytes.toString()} ${routed(bytes)}`);
  }
  await host.close();
});

/** What must stand in `x-model`. */
function routed(bytes: Buffer): string | undefined {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const value = document["model"];
  const name = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (name === "") return undefined;
  return name.startsWith("map-") ? `mapped-${name.slice(4)}` : name;
}

test("a pattern that makes others backtrack takes linear time", async () => {
  const rules = [{ pattern: "(a+)+$|(a|a)*b", model: "x" }];
  const host = await gateway({ autoRouting: { enable: true, defaultModel: "d", rules } });
  const body = `{"model":"higress/auto","messages":[{"role":"user","content":"${"a".repeat(40_000)}!"}]}`;
  await host.fetch("/v1/chat/completions", { headers: JSON_TYPE, body });
  // The first 32 KiB are what patterns see, and they end in an `a`.
  expect(host.clusters["backend"]!.requests[0]!.body).toBe(body.replace("higress/auto", "x"));
  await host.close();
});
