import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isListening, waitUntil } from "../../examples/demo/waiting.js";
import { answerText, printedCommands, run, timesOf } from "../support/pasted.js";
import { freePorts } from "../support/ports.js";
import { isAlive, Script } from "../support/process.js";

const PROVIDER_KEY = "sk-provider-";
/** The build of all plugins is part of the first start. */
const START_LIMIT = 600_000;

type StartIn = (env: NodeJS.ProcessEnv) => Script;
const alone: StartIn = (env) => Script.start("examples/demo/start.ts", env);

/** The demo on ports of its own. */
async function startDemo(startIn = alone): Promise<{ demo: Script; ports: number[] }> {
  const ports = await freePorts(4);
  const [PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT] = ports.map(String);
  const demo = startIn({ PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT });
  await demo.printed("Ctrl-C stops everything.");
  return { demo, ports };
}

interface Answer {
  choices: { message: { content: string } }[];
}

/** A line of the report. */
interface Balance {
  consumer: string;
  quota: number;
  total: { input: number; output: number; requests: number };
}

const arePortsFree = async (ports: number[]) =>
  (await Promise.all(ports.map(isListening))).every((listening) => !listening);

describe("npm start", () => {
  let demo: Script;
  let ports: number[];
  let commands: string[];

  beforeAll(async () => {
    ({ demo, ports } = await startDemo());
    commands = printedCommands(demo.out);
  }, START_LIMIT);
  afterAll(async () => {
    demo?.kill("SIGTERM");
    await demo?.ended;
  });

  /** What the mock's page of requests shows for the newest one. */
  const lastSeen = async () => {
    const page = await fetch(`http://127.0.0.1:${ports[2]}/mock/requests?last=1`);
    return ((await page.json()) as { number: number; headers: Record<string, string> }[])[0];
  };

  /** A counter or gauge of a plugin. */
  const plugin = async (name: string): Promise<number> => {
    const url = `http://127.0.0.1:${ports[1]}/stats?filter=^wasmcustom.${name}$`;
    const text = await (await fetch(url)).text();
    return Number(text.split(": ")[1] ?? 0);
  };

  test("prints seventeen commands to paste", () => {
    expect(commands).toHaveLength(17);
  });

  test("command 1, no key: 401, and the model sees nothing", async () => {
    const before = await lastSeen();
    const response = await run(commands[0]);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Key realm=MSE Gateway");
    expect(await lastSeen()).toEqual(before);
  });

  test("command 2, a wrong key: 403, and the model sees nothing", async () => {
    const before = await lastSeen();
    expect((await run(commands[1])).status).toBe(403);
    expect(await lastSeen()).toEqual(before);
  });

  test("command 3, team-a: a streamed answer; name and provider's key reach the model", async () => {
    const response = await run(commands[2]);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-mock-consumer")).toBe("team-a");
    expect(response.headers.get("x-mock-credential")).toBe("provider");

    const reads = [];
    for await (const bytes of response.body ?? []) reads.push(Buffer.from(bytes as Uint8Array));
    expect(reads.length).toBeGreaterThan(1); // one read would mean that somebody buffered it
    const stream = Buffer.concat(reads).toString();
    const text = answerText(stream);
    expect(text).toMatch(/^Hello team-a, this is gpt-4o\./);
    expect(stream).toContain('"usage":{'); // the gateway asked for it

    const { headers = {} } = (await lastSeen()) ?? {};
    expect(headers["x-mse-consumer"]).toBe("team-a");
    expect(headers.authorization).toBe("Bearer sk-p…");
    expect(JSON.stringify(headers)).not.toContain("sk-d…"); // how a consumer's key would be shown
  });

  test("command 4, team-b with a model it may not use: 403, and the model sees nothing", async () => {
    const before = await lastSeen();
    const response = await run(commands[3]);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("Model not allowed.");
    expect(await lastSeen()).toEqual(before);
  });

  test("command 5, team-b twice: an answer, then 429 with retry-after", async () => {
    const served = await run(commands[4]);
    expect(served.status).toBe(200);
    expect(served.headers.get("x-ratelimit-limit-tokens")).toBe("40");
    expect(await served.text()).toContain("Hello team-b, this is gpt-4o-mini.");

    const before = await lastSeen();
    const refused = await run(commands[4]);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(refused.headers.get("x-ratelimit-remaining-tokens")).toBe("0");
    expect(await refused.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
    expect(await lastSeen()).toEqual(before);
  });

  test("team-a has a budget of its own, and its key also works as x-api-key", async () => {
    const key = /sk-demo-team-a-\w+/.exec(commands[2] ?? "")?.[0] ?? "";
    const response = await fetch(`http://127.0.0.1:${ports[0]}/v1/chat/completions`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hi" }] }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-ratelimit-limit-tokens")).toBe("100000");
    expect(await response.text()).toContain("Hello team-a, this is gpt-4o-mini.");
    expect((await lastSeen())?.headers).not.toHaveProperty("x-api-key");
  });

  test("command 6, the operator: the report shows who used what, the stream included", async () => {
    const response = await run(commands[5]);
    expect(response.status).toBe(200);
    const { quotas } = (await response.json()) as { quotas: Balance[] };
    expect(quotas.map(({ consumer }) => consumer)).toEqual(["team-a", "team-b"]);
    // Not counted: the request of team-b that was refused.
    expect(quotas.map(({ total }) => total.requests)).toEqual([2, 1]);
    for (const { total } of quotas) {
      expect(total.input).toBeGreaterThan(0);
      expect(total.output).toBeGreaterThan(30);
    }
    const granted = quotas.map(({ quota, total }) => quota + total.input + total.output);
    expect(granted).toEqual([1_000_000, 1000]);
  });

  test("the report is for the operator only", async () => {
    const key = /sk-demo-team-a-\w+/.exec(commands[2] ?? "")?.[0] ?? "";
    const url = `http://127.0.0.1:${ports[0]}/v1/chat/completions/quota/report`;
    expect((await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status).toBe(403);
  });

  test("command 7, streams of deepseek-r1, killed on the way by command 8: none fails", async () => {
    const streams = Array.from({ length: timesOf(commands[6]) }, (_, i) => i);
    const targets: (string | null)[] = [];
    for (const i of streams) {
      if (i === 8) expect((await run(commands[7])).status).toBe(200);
      const response = await run(commands[6]);
      expect(response.status).toBe(200);
      const target = response.headers.get("x-llm-target");
      expect(answerText(await response.text())).toContain(`this is ${target}.`);
      targets.push(target);
    }
    expect(targets).toEqual(streams.map((i) => (i < 8 ? "deepseek-r1" : "qwen-max")));
    // Five failures open the breaker: from then on nobody waits for them.
    expect(await plugin("model_fallback.r1.deepseek-r1.breaker_state")).toBe(1);
  }, 60_000);

  test("command 9, awake again: the gateway tries deepseek-r1 by itself", async () => {
    expect((await run(commands[8])).status).toBe(200);
    const isBack = async () =>
      (await run(commands[6])).headers.get("x-llm-target") === "deepseek-r1";
    expect(await waitUntil(isBack, 60_000)).toBe(true);
  }, 90_000);

  test("command 10, 90 and 10 percent, and the count in the last line", async () => {
    const times = timesOf(commands[9]);
    for (let i = 0; i < times; i++) {
      const response = await run(commands[9]);
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/this is (gpt-4o-mini|deepseek-r1|qwen-max)\./);
    }
    const few = await plugin("model_router.split.chat.deepseek-r1");
    expect(await plugin("model_router.split.chat.gpt-4o-mini")).toBe(times - few);
    expect(few).toBeLessThan(30); // with 10 expected: once in billions of runs
    await demo.printed(`split: gpt-4o-mini ${times - few} (`);
  }, 60_000);

  test("command 11, a phone number: the model sees none, the client gets it back", async () => {
    const response = await run(commands[10]);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(text).toContain("Call me: 13812345678");
    const seen = JSON.stringify(await lastSeen());
    expect(seen).toContain("[[PHONE_CN_1]]");
    expect(seen).not.toContain("13812345678");
    await demo.printed('"safecheck_status":"response pass"');
  });

  test("command 12, a forbidden topic: refused, and the model sees nothing", async () => {
    const before = await lastSeen();
    const refused = (await (await run(commands[11])).json()) as {
      model: string;
      choices: object[];
    };
    expect(refused.model).toBe("from-security-guard");
    expect(refused.choices).toMatchObject([
      { message: { content: "我不能处理这个请求" }, finish_reason: "stop" },
    ]);
    expect(await lastSeen()).toEqual(before);
    await demo.printed('"details":"content_security.denied"');
  });

  test("command 13, a stream that is cut in mid-air; the audit says so", async () => {
    const stream = await (await run(commands[12])).text();
    expect(answerText(stream)).toMatch(/^Hello team-a, this is gpt-4o.*我不能处理这个请求$/);
    expect(stream).not.toContain("Aurora");
    expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
    await demo.printed('"safecheck_status":"response deny"');
  });

  test("command 14, asked twice: the second answer is the first, and the model sees nothing", async () => {
    const first = await run(commands[13]);
    expect([first.status, first.headers.get("x-cache-status")]).toEqual([200, "miss"]);
    const content = async (response: Response) =>
      ((await response.json()) as Answer).choices[0]?.message.content;
    const text = await content(first);
    const before = await lastSeen();
    const again = await run(commands[13]);
    expect([again.status, again.headers.get("x-cache-status")]).toEqual([200, "hit"]);
    expect(await content(again)).toBe(text);
    expect(text).toContain("Hello team-a");
    expect(await lastSeen()).toEqual(before);
  });

  test("command 15, another team with the same question: not that answer", async () => {
    const response = await run(commands[14]);
    expect(response.headers.get("x-cache-status")).toBe("miss");
    expect(await response.text()).not.toContain("team-a");
  });

  test("command 16, a near-identical question: that answer, found by its vector", async () => {
    const stored = (await (await run(commands[13])).json()) as Answer;
    const before = await lastSeen();
    expect(commands[15]).not.toBe(commands[13]);
    const near = await run(commands[15]);
    expect(near.status).toBe(200);
    expect(near.headers.get("x-cache-status")).toBe("hit");
    expect(near.headers.get("x-ai-cache-layer")).toBe("semantic");
    const similarity = Number(near.headers.get("x-ai-cache-similarity"));
    expect(similarity).toBeGreaterThan(0.8);
    expect(similarity).toBeLessThan(0.999);
    const { choices } = (await near.json()) as Answer;
    expect(choices[0]?.message.content).toBe(stored.choices[0]?.message.content);
    expect(await lastSeen()).toEqual(before);
  });

  test("command 17, a different question: a miss, and the model answers", async () => {
    const before = await lastSeen();
    const response = await run(commands[16]);
    expect([response.status, response.headers.get("x-cache-status")]).toEqual([200, "miss"]);
    expect(await response.text()).toContain("Hello team-a");
    expect((await lastSeen())?.number).toBe((before?.number ?? 0) + 1);
  });

  test("nobody can claim another name", async () => {
    const command = `${commands[2]} -H 'X-Mse-Consumer: team-b'`;
    expect((await run(command)).headers.get("x-mock-consumer")).toBe("team-a");
  });

  test.each(["/mock/requests", "/api/embed", "/collections/answers/points/search"])(
    "%s of the mock is not reachable through the gateway",
    async (path) => {
      const key = /sk-demo-team-a-\w+/.exec(commands[2] ?? "")?.[0] ?? "";
      const url = `http://127.0.0.1:${ports[0]}${path}`;
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const own = path.startsWith("/mock/") ? {} : { method: "POST", body: "{}" };
      expect((await fetch(url, { headers, ...own })).status).toBe(404);
      // On its own port it is there.
      const direct = await fetch(url.replace(`:${ports[0]}/`, `:${ports[2]}/`), {
        headers,
        ...own,
      });
      expect(direct.status).not.toBe(404);
    },
  );

  test("the provider's key shows up nowhere in Envoy's configuration", async () => {
    const dump = await fetch(`http://127.0.0.1:${ports[1]}/config_dump`);
    const text = await dump.text();
    expect(text).toContain("key-auth");
    expect(text).not.toContain(PROVIDER_KEY);
    expect(demo.out + demo.err).not.toContain(PROVIDER_KEY);
  });

  test("Ctrl-C stops everything it started and is no error", async () => {
    const children = demo.children();
    demo.kill("SIGINT");
    expect(await demo.ended).toBe(0);
    expect(demo.err).toBe("");
    expect(await arePortsFree(ports)).toBe(true);
    // The system takes a moment to clear the last of them away.
    const areGone = () => Promise.resolve(!children.some(isAlive));
    expect(await waitUntil(areGone, 10_000)).toBe(true);
  });
});

describe("a demo that is killed without warning", () => {
  test("leaves no Envoy behind", { timeout: START_LIMIT }, async () => {
    const { demo, ports } = await startDemo();
    demo.kill("SIGKILL");
    await demo.ended;
    expect(await waitUntil(() => arePortsFree(ports), 10_000)).toBe(true);
  });

  test(
    "ends when npm is told to end and does not pass it on",
    {
      timeout: START_LIMIT,
    },
    async () => {
      const { demo, ports } = await startDemo((env) => Script.npm(["start"], env));
      demo.kill("SIGTERM");
      expect(await waitUntil(() => arePortsFree(ports), 20_000)).toBe(true);
      await demo.ended;
    },
  );
});
