import { checkLeaks } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { describe, expect, test } from "vitest";
import { FULL, gateway } from "./support.js";

// No body leaves anything behind. The short run sends a few; MODEL_ROUTER_BODIES=100000 makes it last
// an hour.

const BODIES = Number(process.env["MODEL_ROUTER_BODIES"] ?? 135);
const LIMIT_MS = 60_000 + BODIES * 100;
const MEGABYTE = 1_000_000;
/** What a body costs: its copy from the host, a copy in the making, and what the runtime adds. */
const MOST_MEMORY = 6 * MEGABYTE;

const padding = "é\\n".repeat(MEGABYTE / 4);
const part = (name: string, value: string) =>
  `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

/** A body, and what must stand in `x-model`. */
interface Kind {
  type: string;
  body: string;
  model: string | undefined;
  early?: string;
}

const json = (body: string, model?: string, early = model): Kind => ({
  type: "application/json",
  body,
  model,
  early,
});
const form = (body: string, model?: string, early = model): Kind => ({
  type: "multipart/form-data; boundary=b",
  body,
  model,
  early,
});

/** Every way through the plugin that a large body can take. */
const KINDS: Kind[] = [
  json(`{"model":"map-a","messages":["${padding}"]}`, "mapped-a"),
  json(`{"messages":["${padding}"],"model":"other/x"}`, "other/x"),
  json(`{"model":"map-a","a":"${padding}","model":"b"}`, "mapped-a"),
  json(`{"user":"alice","a":"${padding}","model":"chat"}`, "deepseek/r1"),
  json(`{"model":"higress/auto","messages":[{"role":"user","content":"${padding}"}]}`, "auto"),
  json(`{"model":"map-a","a":"${padding}`, undefined, "mapped-a"),
  json(`{"model":"${padding}"}`),
  form(`${part("file", padding)}${part("model", "map-a")}--b--`, "mapped-a"),
  form(`${part("model", "map-a")}${part("file", padding)}`, undefined, "mapped-a"),
];

/** As large as Envoy's frames are. */
const FRAME = 65_536;

function cut(body: string): Buffer[] {
  const bytes = Buffer.from(body);
  const count = Math.ceil(bytes.length / FRAME);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * FRAME, (i + 1) * FRAME));
}

/** Without a rule that reads bodies, which would hold them whole. */
const EARLY = {
  ...FULL,
  scan: "early",
  split: {
    ...FULL.split,
    rules: FULL.split.rules.map((rule) => ({ ...rule, sticky: { by: ["header:x-user"] } })),
  },
};

/** Bodies of many small things, each of which could take memory of its own. */
const fill = (unit: string) => unit.repeat(4_000_000 / unit.length);
const messages = (list: string) => `{"model":"higress/auto","messages":[${list}{}]}`;

test.each([
  ["messages that are empty", messages(fill("{},"))],
  ["messages that are numbers", messages(fill("1,"))],
  ["messages of users", messages(fill('{"role":"user"},'))],
  ["parts", messages(`{"role":"user","content":[${fill('{"type":"text"},')}{}]},`)],
  ["keys with escapes", `{"model":"higress/auto",${fill('"\\u006dodem":0,')}"a":1}`],
  ["names of the model", `{"model":"higress/auto"${fill(',"model":0')}}`],
])("a body of a million %s takes memory once", async (_what, body) => {
  const host = await gateway();
  const before = host.memorySize;
  const headers = { "content-type": "application/json" };
  const answer = await host.fetch("/v1/chat/completions", { headers, body }).settle();
  expect([200, 400]).toContain(answer.status);
  expect(host.memorySize - before).toBeLessThan(3 * body.length);
  await host.close();
});

describe.each([
  ["full", FULL],
  ["early", EARLY],
])("scan: %s", (_scan, config) => {
  test(
    `${BODIES} bodies of 1 MB leave nothing behind`,
    async () => {
      const host = await gateway(config);
      const { requests } = host.clusters["backend"]!;
      const kinds = KINDS.map(({ type, body, model, early }) => ({
        headers: { "content-type": type, "x-user": "alice" },
        chunks: cut(body),
        model: config === EARLY ? early : model,
      }));
      const report = await checkLeaks(
        host,
        async (run) => {
          requests.length = 0; // the upstream's memory
          const { model, ...request } = kinds[run % kinds.length]!;
          await host.fetch("/v1/chat/completions", request);
          expect(new Map(requests[0]!.headers).get("x-model")).toBe(model);
        },
        { runs: BODIES, warmup: 2 * KINDS.length },
      );
      expect(report.drift).not.toBeNull();
      expect(report).toHaveNoLeak();
      expect(report.after).toBe(report.before);
      expect(report.after).toBeLessThan(MOST_MEMORY);
      await host.close();
    },
    LIMIT_MS,
  );
});
