import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHAIN } from "../../build/tools/chain.js";
import { accessibilityProblems, startBrowser } from "../support/browser.js";
import { freePorts } from "../support/ports.js";
import { Script } from "../support/process.js";

// The page of `npm start` in a headless Chromium, with a real gateway behind it. What it looked like is
// left in .cache/live-page.

/** The build of all plugins is part of the first start. */
const START_LIMIT = 600_000;
const SHOTS = ".cache/live-page";
const PLUGINS = [...CHAIN.plugins, "model-fallback"];

let demo: Script;
let modelPort: number;
let pagePort: number;
let browser: Browser;
let page: Page;
/** Everything the page asked for, and what it complained about. */
const asked: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  const [PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT] = (await freePorts(4)).map(String);
  demo = Script.start("examples/demo/start.ts", { PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT });
  await demo.printed("Ctrl-C stops everything.");
  [modelPort, pagePort] = [Number(MODEL_PORT), Number(PAGE_PORT)];
  mkdirSync(SHOTS, { recursive: true });
  browser = await startBrowser();
  page = await browser.newPage();
  page.on("request", (one) => asked.push(one.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.setViewport({ width: 1280, height: 1000 });
  await page.goto(`http://127.0.0.1:${pagePort}/`);
  await page.waitForSelector("#scenarios button");
}, START_LIMIT);
afterAll(async () => {
  await browser?.close();
  demo?.kill("SIGTERM");
  await demo?.ended;
});

/** A request of the list: its line of facts, and a line for each plugin. */
interface Row {
  facts: string;
  steps: Record<string, { state: string; text: string }>;
}

/** As the page writes numbers. */
const number = (value: number) => value.toLocaleString("en").replaceAll(",", " ");

const textOf = (selector: string) => page.$eval(selector, (node) => node.textContent ?? "");

const rows = (): Promise<Row[]> =>
  page.$$eval("#list > li", (items) =>
    items.map((item) => ({
      facts: [...item.querySelectorAll(".summary > *")].map((one) => one.textContent).join(" | "),
      steps: Object.fromEntries(
        [...item.querySelectorAll(".step")].map((one) => [
          one.querySelector("b")?.lastChild?.textContent ?? "",
          { state: one.className.replace("step ", ""), text: one.textContent ?? "" },
        ]),
      ),
    })),
  );

/** Presses the button of that name, and waits for what is said of it. */
async function press(title: string, said: RegExp): Promise<void> {
  await page.locator(`button ::-p-text(${title})`).click();
  await expect.poll(() => textOf("#outcome"), { timeout: 20_000 }).toMatch(said);
}

/** Presses a button and waits for the rows of its requests, newest first. */
async function rowsOf(title: string, said: RegExp, count: number): Promise<Row[]> {
  const before = (await rows()).length;
  await press(title, said);
  await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(before + count);
  return (await rows()).slice(0, count);
}

const tile = async (name: string): Promise<string> => {
  const pairs = await page.$$eval("#tiles > div", (all) =>
    all.map((one) => [one.firstChild?.textContent ?? "", one.lastChild?.textContent ?? ""]),
  );
  return pairs.find(([title]) => title === name)?.[1] ?? "";
};

const cells = (chart: string): Promise<string[][]> =>
  page.$$eval(`#${chart} tbody tr`, (all) =>
    all.map((row) => [...row.children].map((cell) => cell.textContent ?? "")),
  );

describe("the live page", () => {
  test("is there at once, and says that it is connected", async () => {
    expect(await page.title()).toBe("AI gateway, live");
    await expect.poll(() => textOf("#connection")).toBe("Connected to the gateway.");
    expect(await rows()).toEqual([]);
    await expect.poll(() => tile("Requests")).toBe("0");
    expect(await tile("Cache hit rate")).toBe("–");
  });

  test("a stream: each plugin with its verdict and time, tokens, first bytes", async () => {
    const [row] = await rowsOf("Stream an answer", /^Stream an answer: 200\. Hello team-a/, 1);
    expect(row?.facts).toMatch(
      /^200 \| \d\d:\d\d:\d\d \| team-a \| gpt-4o \| \d+ \+ \d+ tokens \| first bytes \d+ ms \| [\d ]+ ms \| plugins [\d.]+ ms$/,
    );
    expect(Object.keys(row?.steps ?? {})).toEqual(PLUGINS);
    for (const { state, text } of Object.values(row?.steps ?? {})) {
      expect(state).toBe("passed");
      expect(text).toMatch(/\d µs$/);
    }
    expect(row?.steps["key-auth"]?.text).toContain("team-a");
    expect(row?.steps["token-quota"]?.text).toMatch(/\d+ left/);
    expect(row?.steps["content-security"]?.text).toContain("response pass");
    await expect.poll(() => cells("consumers")).toHaveLength(1);
    const [[consumer, , input, output] = []] = await cells("consumers");
    expect(row?.facts).toContain(`${consumer} | gpt-4o | ${input} + ${output} tokens`);
    // The books of token-quota say the same, and asking for them is no request of the list.
    await expect
      .poll(async () => (await cells("quotas")).find(([name]) => name === "team-a")?.slice(2))
      .toEqual([
        number(Number(input) + Number(output)),
        number(1_000_000 - Number(input) - Number(output)),
        "1",
      ]);
    expect((await cells("quotas")).map(([name]) => name)).toEqual(["team-a", "team-b"]);
    expect(await rows()).toHaveLength(1);
    expect(await tile("Requests")).toBe("1");
    await expect.poll(async () => (await cells("latency"))[0]?.[0]).toBe("gpt-4o");
    expect(Number((await cells("latency"))[0]?.[1])).toBeGreaterThan(100);
  });

  test("no key: refused by the first plugin, not reached by the others", async () => {
    const [row] = await rowsOf("No key", /^No key: 401/, 1);
    expect(row?.facts).toMatch(/^401 refused \| .* \| nobody \| GET \/v1\/models/);
    const states = Object.values(row?.steps ?? {}).map(({ state }) => state);
    expect(states).toEqual(["refused", ...PLUGINS.slice(1).map(() => "unseen")]);
    expect(row?.steps["key-auth"]?.text).toContain("no key");
    await expect.poll(() => tile("Refused")).toBe("1");
  });

  test("a forbidden topic and a stream that is cut: content-security says so", async () => {
    const [asking] = await rowsOf("A forbidden topic", /: 200\. 我不能处理这个请求/, 1);
    expect(asking?.steps["content-security"]?.state).toBe("refused");
    expect(asking?.steps["model-fallback"]?.state).toBe("unseen");
    const [answering] = await rowsOf("A stream that is cut", /: 200\. .*我不能处理这个请求/, 1);
    expect(answering?.steps["content-security"]?.text).toContain("response deny");
    expect(answering?.steps["model-fallback"]?.state).toBe("passed");
    await expect
      .poll(async () => (await cells("refusals")).map(([by]) => by))
      .toEqual([
        "key-auth: no key",
        "content-security: request denied",
        "content-security: answer denied",
      ]);
  });

  test("a budget that ends: 429 by token-rate-limit", async () => {
    const [row] = await rowsOf("Use up a budget", /: 200, 429\./, 2);
    expect(row?.steps["token-rate-limit"]?.state).toBe("refused");
    expect(row?.steps["content-security"]?.state).toBe("unseen");
  });

  test("asked twice: the second answer is a hit, costs no tokens and is counted as one", async () => {
    const [hit, miss] = await rowsOf("Ask twice", /: 200 × 2\./, 2);
    expect(miss?.steps["ai-cache"]).toMatchObject({ state: "passed" });
    expect(miss?.steps["ai-cache"]?.text).toContain("miss");
    expect(hit?.facts).toMatch(/^200 from ai-cache \| .* \| 0 \+ 0 tokens/);
    expect(hit?.steps["token-quota"]?.state).toBe("unseen");
    await expect.poll(() => tile("Cache hit rate")).toBe("50 %");
    expect(Number(await tile("Saved by the cache"))).toBeGreaterThan(30);
  });

  test("twenty requests are split, and the variant of each is told", async () => {
    const split = await rowsOf("Split 90 to 10", /: 200 × 20\./, 20);
    for (const row of split) {
      expect(row.steps["model-router"]).toMatchObject({ state: "changed" });
      expect(row.steps["model-router"]?.text).toMatch(/split: (gpt-4o-mini|deepseek-r1)/);
    }
    const counted = async () =>
      (await cells("models")).reduce((sum, [, , answers]) => sum + Number(answers), 0);
    await expect.poll(counted).toBeGreaterThanOrEqual(25);
  });

  test("a model is killed by its switch: another answers, and the page tells who", async () => {
    await press("Kill deepseek-r1", /^Kill deepseek-r1: on\.$/);
    const pressed = () =>
      page.$$eval("#faults button", (all) => all.map((one) => one.getAttribute("aria-pressed")));
    expect(await pressed()).toEqual(["true", "false", "false"]);
    const taken = await rowsOf("Ask deepseek-r1", /: 200 × 3\. Hello team-a, this is qwen-max/, 3);
    for (const row of taken) {
      expect(row.facts).toContain("deepseek-r1 → qwen-max");
      expect(row.steps["model-fallback"]?.text).toContain("qwen-max answered");
    }
    await expect.poll(() => tile("Fallbacks")).not.toBe("0");
    // Somebody pastes the command of the terminal.
    await fetch(`http://127.0.0.1:${modelPort}/mock/fault`, { method: "DELETE" });
    await expect.poll(pressed, { timeout: 10_000 }).toEqual(["false", "false", "false"]);
  });

  test("the list can be held still", async () => {
    await page.click("#pause");
    const before = await rows();
    await press("No key", /^No key: 401/);
    await expect.poll(() => tile("Refused")).toBe("5");
    expect(await rows()).toEqual(before);
    await page.click("#pause");
    // The figures and the requests come in messages of their own.
    await expect.poll(async () => (await rows()).length).toBe(Math.min(40, before.length + 1));
  });

  test("the other buttons and switches do what they say", async () => {
    const [foreign] = await rowsOf("A model not allowed", /^A model not allowed: 403\./, 1);
    expect(foreign?.steps["key-auth"]?.state).toBe("refused");
    const [masked] = await rowsOf("A phone number", /^A phone number: 200\. .*13812345678/, 1);
    expect(masked?.steps["content-security"]?.state).toBe("changed");
    expect(masked?.steps["content-security"]?.text).toContain("masked: phones");
    await rowsOf("Who used what", /^Who used what: 200\. .*team-a/, 1);
    await press("gpt-4o answers 503", /: on\.$/);
    const [failed] = await rowsOf("Stream an answer", /^Stream an answer: \d+\./, 1);
    expect(failed?.facts).toMatch(/^503|gpt-4o → /);
    await press("gpt-4o answers 503", /: off\.$/);
    await press("gpt-4o is slow", /: on\.$/);
    const [slow] = await rowsOf("Stream an answer", /^Stream an answer: 200\./, 1);
    expect(slow?.facts).toMatch(/first bytes [2-9]\d{3} ms/);
    await press("gpt-4o is slow", /: off\.$/);
  });

  test("what each plugin takes is told for those that were passed", async () => {
    const cost = await cells("cost");
    expect(cost.map(([plugin]) => plugin)).toEqual([
      ...PLUGINS,
      "all, of the answer’s first bytes",
    ]);
    for (const [, , median, high] of cost) {
      expect(Number(median)).toBeGreaterThan(0);
      expect(Number(high?.replaceAll(" ", ""))).toBeGreaterThanOrEqual(Number(median));
    }
  });

  test("somebody who comes later sees the same", async () => {
    const before = await rows();
    await page.reload();
    await expect.poll(rows, { timeout: 10_000 }).toEqual(before);
    await expect.poll(() => tile("Cache hit rate")).toBe("50 %");
  });

  test("works with the keyboard alone, and the focus is to be seen", async () => {
    await page.focus("body");
    await page.keyboard.press("Tab");
    const focused = () =>
      page.evaluate(() => {
        const { textContent, id, ariaLabel } = document.activeElement!;
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
        return { name: ariaLabel || id || textContent, outline: `${outlineStyle} ${outlineWidth}` };
      });
    const seen: string[] = [];
    for (let i = 0; i < 17; i++) {
      const { name, outline } = await focused();
      expect(outline).toBe("solid 3px");
      seen.push(name ?? "");
      if (name?.startsWith("No key")) {
        await page.keyboard.press("Enter");
        await expect.poll(() => textOf("#outcome")).toMatch(/^No key: 401/);
        expect((await focused()).name).toBe(name);
      }
      await page.keyboard.press("Tab");
    }
    expect(seen[0]).toBe("Skip to the requests");
    expect(seen.filter((name) => name.startsWith("No key"))).toHaveLength(1);
    expect(seen.slice(-2)).toEqual(["pause", "List of requests"]);
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 320],
    ["dark", 320],
  ] as const)("%s, %i wide: nothing that axe-core complains about", async (scheme, width) => {
    await page.setViewport({ width, height: 1000 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const back = await page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
    expect(back).toBe(scheme === "light" ? "rgb(246, 247, 249)" : "rgb(15, 19, 24)");
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await page.screenshot({ path: `${SHOTS}/${scheme}-${width}.png`, fullPage: true });
  });

  test("asks nobody but its own server, and the browser has nothing to complain about", () => {
    const origins = asked
      .filter((url) => !url.startsWith("data:"))
      .map((url) => new URL(url).origin);
    expect([...new Set(origins)]).toEqual([`http://127.0.0.1:${pagePort}`]);
    expect(complaints).toEqual([]);
  });

  test("other sites can neither read it nor press its buttons", async () => {
    const status = async (method: string, path: string, headers: Record<string, string>) => {
      const sent = request({ host: "127.0.0.1", port: pagePort, method, path, headers }).end();
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    const host = `127.0.0.1:${pagePort}`;
    expect(await status("POST", "/scenarios/no-key", { origin: "http://evil.example" })).toBe(403);
    expect(await status("GET", "/events", { host: "evil.example" })).toBe(403);
    expect(await status("POST", "/scenarios/no-key", { origin: `http://${host}` })).toBe(200);
    expect(await status("POST", "/scenarios/else", {})).toBe(404);
    expect(await status("GET", "/../server.ts", {})).toBe(404);
    expect(await status("PUT", "/", {})).toBe(405);
  });

  test("says so when the gateway is gone", async () => {
    demo.kill("SIGTERM");
    await demo.ended;
    await expect
      .poll(() => textOf("#connection"), { timeout: 10_000 })
      .toContain("does not answer");
    await press("No key", /does not answer/);
  });
});
