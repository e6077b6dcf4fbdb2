import { Random, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  admin,
  CHAT,
  JSON_TYPE,
  QUOTA,
  SHARED,
  balance,
  chat,
  countSeen,
  gateway,
  refill,
} from "./support.js";

/** Go's `url.ParseQuery`, first value of a name. */
function formValue(form: string, name: string): string {
  for (const pair of form.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const key = unescapeForm(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescapeForm(equals < 0 ? "" : pair.slice(equals + 1));
    if (key !== null && value !== null && key === name) return value;
  }
  return "";
}

function unescapeForm(text: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  const plain = text.replaceAll("+", " ");
  return plain.replace(/%(..)/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Go's `strconv.Atoi`; null for an error. */
function integer(text: string): bigint | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const value = BigInt(text.replace("+", ""));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : null;
}

const NAMES = [
  "consumer",
  "consumer",
  "quota",
  "quota",
  "con%73umer",
  "quota ",
  "value",
  "",
  "%zz",
  "quot%61",
];
const VALUES = ["bob", "eve", "12", "3", "-7", "%2B5", "+5", "007", "5;", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5", "", "%", "%00", "é", "1%30", '{"quota":5}']; // prettier-ignore
const JOINTS = ["&", "&", "&", "&&", ";", "=", ""];

function randomForm(random: Random): string {
  const pick = (list: string[]) => list[random.below(list.length)] ?? "";
  const pairs = Array.from({ length: random.below(5) }, () => {
    return pick(NAMES) + (random.below(8) ? "=" : "") + pick(VALUES) + pick(JOINTS);
  });
  return pick(["", "consumer=bob&", "quota=4&"]) + pairs.join("");
}

describe("what administrators send", () => {
  test("three thousand forms are understood as Go understands them", async () => {
    const host = await gateway(SHARED, { trace: false });
    const random = new Random(11);
    let understood = 0;
    for (let i = 0; i < 3000; i++) {
      const form = randomForm(random);
      const consumer = formValue(form, "consumer");
      const quota = integer(formValue(form, "quota"));
      const expected = consumer === "" || quota === null ? 403 : 200;
      const reply = await host.fetch(`${QUOTA}/refresh`, {
        method: "POST",
        headers: { "x-mse-consumer": "admin" },
        body: Buffer.from(form, "latin1"),
      });
      // Bytes of the model are characters of the form.
      expect(`${JSON.stringify(form)} ${reply.status}`).toBe(`${JSON.stringify(form)} ${expected}`);
      if (expected !== 200) continue;
      understood++;
      const name = Buffer.from(consumer, "latin1").toString("hex").replace(/../g, "%$&");
      const told = await admin(host, `?consumer=${name}`);
      expect(`${form} ${told.text()}`).toMatch(new RegExp(`"quota":${quota}}$`));
    }
    expect(understood).toBeGreaterThan(100);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each([
    ["a million ampersands", "&".repeat(65_000)],
    ["a million escapes", "%41".repeat(21_000)],
    ["a deep JSON", "[".repeat(60_000)],
    ["a deep JSON object", '{"a":'.repeat(12_000)],
    ["nothing but NUL", "\0".repeat(1000)],
    ["64 KiB and one byte", "consumer=bob&quota=5&".padEnd(65_537, "x")],
  ])("%s is refused", async (_what, body) => {
    const host = await gateway({ ...SHARED, admin_extensions: true }, { trace: false });
    const headers = { "x-mse-consumer": "admin" };
    const reply = await host.fetch(`${QUOTA}/refresh`, { method: "POST", headers, body });
    expect(reply.status).toBe(403);
    expect(await balance(host, "bob")).toBe(0);
    await host.close();
  });

  test("64 KiB are read", async () => {
    const host = await gateway(SHARED, { trace: false });
    const body = "consumer=bob&quota=5&".padEnd(65_536, "x");
    const headers = { "x-mse-consumer": "admin" };
    expect((await host.fetch(`${QUOTA}/refresh`, { method: "POST", headers, body })).status).toBe(
      200,
    );
    await host.close();
  });
});

describe("paths", () => {
  /** What the peer would compare, and what servers make of it. */
  const ends = (path: string, suffix: string) => path.endsWith(suffix);
  const pieces = ["/", "v1", "chat", "completions", "quota", "refresh", "..", ".", "%2F", "%2e", "%zz", "%", "?", "#", "x", "%63hat", "/v1/chat/completions", "/quota"]; // prettier-ignore

  test("two thousand paths: what ends like a metered or an admin path is never let through", async () => {
    const host = await gateway(SHARED, { trace: false, strict: "off" });
    const random = new Random(5);
    let held = 0;
    for (let i = 0; i < 2000; i++) {
      const length = 1 + random.below(8);
      const path = `/${Array.from({ length }, () => pieces[random.below(pieces.length)]).join("")}`;
      const before = countSeen(host);
      const reply = await host.fetch(path, {
        headers: { host: "a.test", "x-mse-consumer": "poor" },
      });
      const plain = path.replace(/[?#].*$/, "");
      const decoded = plain.replace(/%([0-9a-fA-F]{2})/g, (_e, hex: string) => String.fromCharCode(parseInt(hex, 16))); // prettier-ignore
      const resolved = new URL(`http://a${decoded.replace(/\/+/g, "/").replaceAll("?", "%3F").replaceAll("#", "%23")}`).pathname; // prettier-ignore
      const guarded = [CHAT, "/v1/messages", QUOTA, `${QUOTA}/refresh`].some(
        (suffix) => ends(decoded, suffix) || ends(resolved, suffix),
      );
      if (guarded) held++;
      expect(`${path} ${reply.local} ${countSeen(host) - before}`).toBe(`${path} ${guarded} ${guarded ? 0 : 1}`); // prettier-ignore
    }
    expect(held).toBeGreaterThan(100);
    await host.close();
  });

  test.each([
    ["a path of a megabyte", "/a".repeat(500_000), 200],
    ["a megabyte of slashes before chat", `${"/".repeat(500_000)}v1/chat/completions`, 403],
    ["a megabyte of dots", `${"/..".repeat(300_000)}/v1/chat/completions`, 403],
    ["a megabyte of broken escapes", `/${"%z".repeat(400_000)}`, 200],
  ])("%s", async (_what, path, status) => {
    const host = await gateway(SHARED, { trace: false });
    expect((await host.fetch(path, { headers: { "x-mse-consumer": "poor" } })).status).toBe(status);
    await host.close();
  });
});

describe("responses", () => {
  const usage = (text: string) => `{"model":"m","usage":${text}}`;
  test.each<[string, string, number]>([
    ["negative counts", usage('{"prompt_tokens":-5,"completion_tokens":-7,"total_tokens":9}'), 0],
    ["counts beyond 64 bits", usage('{"prompt_tokens":1e300,"completion_tokens":5,"total_tokens":9}'), 1_000_000_000_005], // prettier-ignore
    [
      "counts as text",
      usage('{"prompt_tokens":"5","completion_tokens":"7","total_tokens":"12"}'),
      12,
    ],
    ["a usage that is a list", usage("[1,2,3]"), 0],
    ["a usage that is null", usage("null"), 0],
    ["a usage in a string", '{"content":"\\"usage\\":{\\"prompt_tokens\\":5}"}', 0],
    ["a cut-off number", '{"usage":{"prompt_tokens":12,"completion_tokens":1,"total_tokens":1', 0],
    ["deep nesting before it", `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)},"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`, 2], // prettier-ignore
    ["a million open brackets", "[".repeat(1_000_000), 0],
    ["NUL bytes", "\0".repeat(10_000), 0],
  ])("%s", async (_what, body, charged) => {
    const host = await gateway(SHARED, {
      clusters: { backend: upstream().reply(200, { body, headers: JSON_TYPE }) },
      bufferLimitBytes: 8 << 20,
      trace: false,
    });
    await refill(host, "alice", 1);
    const reply = await chat(host, "alice");
    expect([reply.status, reply.text().length]).toEqual([200, body.length]);
    expect(await balance(host, "alice")).toBe(1 - charged);
    await host.close();
  });

  test("an event without an end does not fill the memory", async () => {
    const chunks = Array.from({ length: 200 }, () => "x".repeat(65_536));
    const host = await gateway(SHARED, {
      clusters: {
        backend: upstream().reply(200, {
          chunks: ["data: ", ...chunks],
          headers: { "content-type": "text/event-stream" },
        }),
      },
      trace: false,
    });
    await refill(host, "alice", 1);
    expect((await chat(host, "alice")).status).toBe(200);
    expect(await balance(host, "alice")).toBe(1);
    await host.close();
  });
});

describe("names", () => {
  test.each([
    "a:b",
    "a b",
    "../../x",
    "chat_quota:",
    "ü",
    "'; drop table",
    "{tag}",
    "a".repeat(5000),
    '"',
    "<&>",
  ])("%j is a name like any other", async (name) => {
    const host = await gateway(SHARED, { trace: false });
    await refill(host, name, 20);
    expect((await chat(host, name)).status).toBe(200);
    expect(await balance(host, name)).toBe(5);
    expect(await balance(host, `${name}x`)).toBe(0);
    await host.close();
  });
});

describe("lengths and models", () => {
  test.each<[string, object, number]>([
    ["an estimate", { estimate_missing_usage: true }, 997],
    ["a reservation", { reservation: { enabled: true } }, 997],
    ["weights", { estimate_missing_usage: true, counting: { input: 0.06, output: 0.24 } }, 999],
  ])("an announced length that never comes is not charged: %s", async (_what, more, left) => {
    const host = await gateway({ ...SHARED, default_quota: 1000, ...more });
    const headers = { "x-mse-consumer": "alice", "content-length": "614891469123652" };
    const stream = host.stream(`POST ${CHAT}`, { headers });
    await stream.headers();
    await stream.data("0123456789");
    await stream.abort();
    expect(await balance(host, "alice")).toBe(left);
    await host.close();
  });

  test("a balance is not begun by what costs nothing, nor by a name that is no model's", async () => {
    const backend = upstream().reply(404, { body: "{}", headers: JSON_TYPE });
    const config = { ...SHARED, default_quota: 1000, by_model: true, unit: "requests" };
    const host = await gateway(config, { clusters: { backend }, trace: false });
    const ask = (model: string) => chat(host, "alice", { "x-higress-llm-model": model });
    await ask("m");
    const before = host.sharedData.keys("one").length;
    for (let i = 0; i < 10; i++) await ask(`invented-${i}`);
    expect(host.sharedData.keys("one").length).toBe(before);
    await host.close();
  });
});

test.each([2, 7, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 2])(
  "a store that denies by balance %i of one has no answer",
  async (index) => {
    const body = JSON.stringify({ result: [index, [5]] });
    const rest = upstream().reply(200, { body, headers: JSON_TYPE });
    const store = { type: "redis-http", cluster_name: "rest" };
    const config = { ...SHARED, store, reservation: { enabled: true }, store_error_status: 503 };
    const host = await gateway(config, { clusters: { rest }, trace: false });
    const reply = await chat(host, "alice");
    expect([reply.status, reply.details]).toEqual([503, "ai-quota.error"]);
    await host.close();
  },
);
