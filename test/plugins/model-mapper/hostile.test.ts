import { Random, type Host } from "proxy-wasm-test";
import { beforeEach, describe, expect, test } from "vitest";
import { FINAL, gateway } from "./support.js";

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "multipart/form-data; boundary=b" };
const PATH = "/v1/chat/completions";

let host: Host;
beforeEach(async () => void (host = await gateway()));

/** What the upstream gets, and is told in the header. */
async function map(
  body: string | Buffer,
  headers: Record<string, string> = JSON_TYPE,
): Promise<{ body: string; told: string | undefined }> {
  const { requests } = host.clusters["backend"]!;
  requests.length = 0;
  expect((await host.fetch(PATH, { headers, body })).status).toBe(200);
  const [seen] = requests;
  return { body: seen!.body, told: new Map(seen!.headers).get(FINAL) };
}

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("bodies made to break a reader pass as they are, and nothing traps", () => {
  test.each<[string, string]>([
    ["a million open brackets", "[".repeat(1_000_000)],
    ["a list deeper than Go reads", `{"model":"exact","a":${deep(10_000)}}`],
    ["half a surrogate pair cut off", '{"model":"\\ud8'],
    ["a raw control character", '{"model":"map-\na"}'],
    ["a byte order mark", '\ufeff{"model":"exact"}'],
    ["text behind the document", '{"model":"exact"}x'],
    ["a leading zero", '{"n":01,"model":"exact"}'],
    ["NUL bytes", "\0".repeat(100)],
    ["nothing but blanks", " \n\t\r"],
  ])("%s", async (_what, body) => {
    expect(await map(body)).toEqual({ body, told: undefined });
  });

  test("a form of open parts", async () => {
    const body = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nexact\r\n'.repeat(
      2000,
    );
    expect(await map(body, FORM_TYPE)).toEqual({ body, told: undefined });
  });

  test("a name of a megabyte is kept", async () => {
    const body = `{"model":"keep-${"a".repeat(1_000_000)}"}`;
    expect(await map(body)).toEqual({ body, told: "" });
  });
});

describe("bodies that are valid, if odd, are mapped", () => {
  test.each<[string, string]>([
    ["a list as deep as Go reads", deep(9_999)],
    ["fifty thousand members", `{${'"k":1,'.repeat(50_000)}"z":1}`],
    ["a number of a million digits", "1".repeat(1_000_000)],
    ["half a pair, escaped", '"\\ud800"'],
  ])("%s", async (_what, odd) => {
    const body = `{"a":${odd},"model":"map-a","b":${odd}}`;
    expect(await map(body)).toEqual({ body: body.replace("map-a", "mapped-a"), told: "mapped-a" });
  });

  test("a name of a megabyte is mapped, and told to nobody", async () => {
    const body = (start: string) => `{"model":"${start}-${"a".repeat(1_000_000)}"}`;
    expect(await map(body("map"))).toEqual({ body: body("mapped"), told: undefined });
  });

  test("a thousand names are all written", async () => {
    const body = (name: string) => `{${`"model":"${name}",`.repeat(1000)}"n":1}`;
    expect(await map(body("exact"))).toEqual({ body: body("one"), told: "one" });
  });
});

/** 200 KB that would be a gigabyte with one name in every place. */
const flood = (name: string) => `{"model":"${name}"${',"model":0'.repeat(10_600)}}`;

test.each(["exact", `keep-${"a".repeat(100_000)}`, `map-${"a".repeat(100_000)}`])(
  "a body that names its model ten thousand times is refused: %.9s",
  async (name) => {
    const answer = await host.fetch(PATH, { headers: JSON_TYPE, body: flood(name) }).settle();
    expect([answer.status, answer.upstream.length]).toEqual([400, 0]);
    expect(answer.json()).toMatchObject({ error: { code: "ambiguous_model" } });
    expect(answer.details).toContain("model_mapper.ambiguous_model");
    expect((await map('{"model":"exact"}')).told).toBe("one"); // the VM lives
  },
);

test("two thousand mutations of a body: valid ones are mapped as JSON.parse sees them", async () => {
  const good = '{"a":[1,{"model":"x"}],"model":"map-1","b":"\\u0041 \\n"}';
  const random = new Random(17);
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(good);
    for (let n = random.below(3); n >= 0; n--) {
      bytes[random.below(bytes.length)] = 32 + random.below(95);
    }
    const { told } = await map(bytes);
    expect(`${bytes.toString()} ${told}`).toBe(`${bytes.toString()} ${mapped(bytes)}`);
  }
});

/** What must stand in the header. */
function mapped(bytes: Buffer): string | undefined {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const value = document["model"] ?? "";
  const name = typeof value === "object" ? JSON.stringify(value) : String(value as string | number);
  if (name.startsWith("map-")) return `mapped-${name.slice(4)}`;
  return name.startsWith("keep-") ? name : name === "exact" ? "one" : "other";
}
