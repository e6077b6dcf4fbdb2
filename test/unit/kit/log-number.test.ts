import { createHost, upstream } from "proxy-wasm-test";
import { beforeAll, expect, it } from "vitest";
import { buildPlugin } from "../sdk/build.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/kit/driver/log-number.ts");
});

/** What stands in `ai_log` after the plugin, which found `log` there, and whether it could add to it. */
async function added(log: string | null): Promise<{ log: string; could: string }> {
  await using host = await createHost({
    plugins: [{ name: "log", wasm, config: "" }],
    clusters: { backend: upstream().reply(200) },
    lifecycle: "single",
  });
  const headers: Record<string, string> = log === null ? {} : { "x-log": log };
  const answer = await host.fetch("http://a.test/", { headers });
  const text = Buffer.from(answer.filterState["ai_log"] ?? []).toString();
  return { log: text, could: host.logs.at(-1)!.text };
}

/** The object in the property, whose quotes are escaped. */
const objectIn = (log: string): unknown => JSON.parse(JSON.parse(`"${log}"`) as string);
const ADDED = { quota_remaining: -5, rule: { a: 'b"c' } };

it.each([
  ["nothing", null, {}],
  ["an empty object", "{}", {}],
  [
    "other values",
    '{\\"model\\":\\"m\\",\\"n\\":{\\"x\\":[1,{}]}}',
    { model: "m", n: { x: [1, {}] } },
  ],
  ["a name of ours", '{\\"total\\":1}', { total: 1 }],
])("a number and a document stand beside %s", async (_what, log, others) => {
  const { log: text, could } = await added(log);
  expect(could).toBe("number json");
  expect(objectIn(text)).toEqual({ ...others, ...ADDED });
});

it.each([
  ["between two", '{\\"a\\":1,\\"z\\":2}', '{\\"a\\":1,NUMBER,JSON,\\"z\\":2}'],
  ["before all", '{\\"x\\":{\\"a\\":[1,2]}}', '{NUMBER,JSON,\\"x\\":{\\"a\\":[1,2]}}'],
  [
    "behind a prefix",
    '{\\"quota\\":1,\\"quota_remaining2\\":2}',
    '{\\"quota\\":1,NUMBER,\\"quota_remaining2\\":2,JSON}',
  ],
  [
    "in place of an equal name",
    '{\\"quota_remaining\\":{\\"a\\":7},\\"rule\\":[8,9]}',
    "{NUMBER,JSON}",
  ],
  [
    "beside texts with brackets, commas and quotes",
    '{\\"m\\":\\"a,}]{[\\\\\\",\\\\\\\\\\",\\"zz\\":\\"\\\\n\\\\\\",\\"}',
    '{\\"m\\":\\"a,}]{[\\\\\\",\\\\\\\\\\",NUMBER,JSON,\\"zz\\":\\"\\\\n\\\\\\",\\"}',
  ],
  ["behind quotes that nobody escaped", '{"z":1}', '{"z":1,NUMBER,JSON}'],
  ["behind what is no JSON", "{\\}", "{\\,NUMBER,JSON}"],
])("the keys are sorted: %s", async (_what, log, expected) => {
  const number = '\\"quota_remaining\\":-5';
  const json = '\\"rule\\":{\\"a\\":\\"b\\\\\\"c\\"}';
  const text = expected.replace("NUMBER", () => number).replace("JSON", () => json);
  expect(await added(log)).toEqual({ log: text, could: "number json" });
});

it.each(["[1]", "{", "}", "text", '"{}"', "{}x"])("what is no object stays: %s", async (log) => {
  expect(await added(log)).toEqual({ log, could: "- -" });
});
