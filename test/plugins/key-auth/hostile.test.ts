import { Random, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { countSeen, gateway, GO, RESTRICTED, seen } from "./support.js";

const headers = { "x-api-key": "k1" };

describe("bodies made to break a reader are judged, and nothing traps", () => {
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const many = Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i}`).join(",");

  test.each<[string, string, number]>([
    ["a million open brackets", "[".repeat(1_000_000), 403],
    ["a deep list without a model", `{"a":${deep(400_000)}}`, 403],
    [
      "a model, then half a million open objects",
      `{"model":"good","a":${'{"a":'.repeat(500_000)}`,
      403,
    ],
    ["fifty thousand members", `{${many},"model":"good"}`, 200],
    ["fifty thousand members, and another model", `{${many},"model":"bad"}`, 403],
    ["a name of a megabyte", `{"model":"${"a".repeat(1_000_000)}"}`, 403],
    ["a broken escape", '{"model":"good\\u00"}', 403],
    ["half a surrogate pair", '{"model":"\\ud800"}', 403],
    ["NUL bytes", "\0".repeat(100), 403],
    ["nothing but blanks", " \n\t\r", 403],
    ["a number with a million digits", `{"n":${"1".repeat(1_000_000)},"model":"good"}`, 200],
  ])("%s", async (_what, body, status) => {
    const host = await gateway(RESTRICTED, { bufferLimitBytes: 16 << 20, trace: false });
    const answer = await host.fetch("/v1/chat/completions", { headers, body });
    expect(answer.status).toBe(status);
    expect((await host.fetch("/v1/models", { headers })).status).toBe(200);
    await host.close();
  });

  test.each([
    ["a thousand", 1000, 200],
    ["a hundred thousand", 100_000, 403],
  ])("a form of %s parts", async (_what, count, status) => {
    const part = '--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n1\r\n';
    const model = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\ngood\r\n--b--';
    const host = await gateway(RESTRICTED, { bufferLimitBytes: 16 << 20, trace: false });
    const answer = await host.fetch("/", {
      headers: { ...headers, "content-type": "multipart/form-data; boundary=b" },
      body: part.repeat(count) + model,
    });
    expect(answer.status).toBe(status);
    await host.close();
  });

  const form = (head: string) => `--b\r\n${head}\r\n\r\n1\r\n--b--`;
  const disposition = "content-disposition: form-data";

  test.each([
    ["parameters of a disposition", form(disposition + ";a=".repeat(1_500_000))],
    ["dispositions", form(`${disposition};a=;a=;a=;a=;a=;a=;a=;a=\r\n`.repeat(80_000).trim())],
    ["header lines", form("a:\r\n".repeat(1_000_000).trim())],
    ["parts", `--b${"\r\n\r\n\r\n--b".repeat(500_000)}--`],
    ["members with escapes", `{${'"\\nabc":0,'.repeat(450_000)}"a":0}`],
    ["members named nearly so", `{${'"mbdel":0,'.repeat(450_000)}"a":0}`],
  ])("millions of %s leave the memory of the gateway small", async (what, body) => {
    const type = what.startsWith("members")
      ? "application/json"
      : "multipart/form-data; boundary=b";
    const host = await gateway(RESTRICTED, { bufferLimitBytes: 16 << 20, trace: false });
    const request = { headers: { ...headers, "content-type": type }, body };
    expect((await host.fetch("/", request)).status).toBe(403);
    expect(memoryOf(host)).toBeLessThan(24 << 20);
    await host.close();
  });

  test("a path full of parameters leaves it small, too", async () => {
    const keys = Array.from({ length: 30 }, (_, i) => `x-key-${i}`);
    const config = { ...GO, compat: "cpp", keys, in_query: true };
    const host = await gateway(config, { trace: false });
    expect((await host.fetch(`/?${"a&".repeat(30_000)}`)).status).toBe(401);
    expect(memoryOf(host)).toBeLessThan(2 << 20);
    await host.close();
  });

  test("two thousand mutations of a good body: only the good model passes", async () => {
    const good = '{"a":[1,{"model":"x"}],"model":"good","b":"\\u0041"}';
    const random = new Random(7);
    const host = await gateway(RESTRICTED, { trace: false });
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(good);
      for (let n = random.below(3); n >= 0; n--)
        bytes[random.below(bytes.length)] = random.below(256);
      const { status } = await host.fetch("/", { headers, body: bytes });
      const passes = models(bytes);
      expect(`${bytes.toString("latin1")} ${status}`).toBe(
        `${bytes.toString("latin1")} ${passes ? 200 : 403}`,
      );
    }
    await host.close();
  });
});

/** Linear memory of all VMs. */
function memoryOf(host: Host): number {
  return host.allVms().reduce((sum, vm) => sum + vm.memory.size, 0);
}

/** True when a strict parser sees exactly one model, the good one. */
function models(bytes: Buffer): boolean {
  let text: string;
  try {
    text = new TextDecoder("utf8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const document = JSON.parse(text) as Record<string, unknown> | null;
    if (document === null || typeof document !== "object" || document["model"] !== "good") {
      return false;
    }
    // JSON.parse keeps one of several equal names; a text with two has lost one.
    const names = Object.keys(document).filter((name) => name.toLowerCase() === "model");
    return names.length === 1;
  } catch {
    return false;
  }
}

describe("headers made to break a reader", () => {
  test("random values under every name that is read never open the gate", async () => {
    const names = ["authorization", "x-api-key", "x-mse-consumer", "content-type", "x-request-id"];
    const config = { ...GO, keys: ["Authorization", "x-api-key"], trust_original_auth: true };
    const host = await gateway(config, { trace: false });
    const random = new Random(3);
    for (let i = 0; i < 1000; i++) {
      const value = Array.from({ length: random.below(40) }, () =>
        String.fromCharCode(32 + random.below(95)),
      ).join("");
      const name = names[random.below(names.length)] ?? "";
      const { status } = await host.fetch("/", { headers: [[name, value]] });
      expect([401, 403]).toContain(status);
    }
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each(["Bearer", "Bearer ", "Bearer  ", " ", "", "Bearer\tk1"])(
    "Authorization %j is no key of anybody",
    async (value) => {
      const host = await gateway({ ...GO, keys: ["Authorization"] });
      const { status } = await host.fetch("/", { headers: { authorization: value } });
      expect(status).toBe(value ? 403 : 401);
      await host.close();
    },
  );

  test("ten thousand of them: the key is found, and no made-up name travels on", async () => {
    const host = await gateway(GO, { trace: false });
    const crowd = Array.from({ length: 10_000 }, (_, i): [string, string] => [`x-${i}`, `v${i}`]);
    const names = crowd.map(([, value]): [string, string] => ["x-mse-consumer", value]);
    const headers: [string, string][] = [...crowd, ...names, ["x-api-key", "k1"]];
    expect((await host.fetch("/", { headers })).status).toBe(200);
    const sent = seen(host)?.headers.filter(([name]) => name === "x-mse-consumer");
    expect(sent).toEqual([["x-mse-consumer", "c1"]]);
    expect((await host.fetch("/", { headers: crowd })).status).toBe(401);
    await host.close();
  });

  test("a key that is no UTF-8, or has a NUL, is nobody's", async () => {
    const host = await gateway(GO, { trace: false });
    for (const bytes of [
      [0xff, 0xfe],
      [0x6b, 0x31, 0xc3],
      [0xed, 0xa0, 0x80],
      [0x6b, 0x31, 0],
    ]) {
      const headers: [string, Uint8Array][] = [["x-api-key", Uint8Array.from(bytes)]];
      expect((await host.fetch("/", { headers })).status).toBe(403);
    }
    await host.close();
  });

  test("a token of a megabyte", async () => {
    const host = await gateway(GO, { trace: false });
    const { status } = await host.fetch("/", { headers: { "x-api-key": "a".repeat(1 << 20) } });
    expect(status).toBe(403);
    await host.close();
  });
});
