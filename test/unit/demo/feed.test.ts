import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Feed } from "../../../examples/demo/live/feed.js";

/** A page that takes down what it is told. */
class Page {
  told = "";
  writableLength = 0;
  isGone = false;
  writeHead(): this {
    return this;
  }
  write(text: string): void {
    this.told += text;
  }
  on(): void {}
  end(): void {}
  destroy(): void {
    this.isGone = true;
  }
}

const LINE = { time: "2026-01-01T00:00:00.000Z", path: "/v1/chat/completions", status: 200 };
const line = (id: string): string =>
  JSON.stringify({ ...LINE, id, reached: [], ai_log: null, duration: 1, answerUs: 1 }) + "\n";

let folder: string;
let feed: Feed;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "feed-"));
  await writeFile(join(folder, "audit.log"), "");
  const ports = { adminPort: 1, gatewayPort: 1 };
  feed = await Feed.start({ auditLog: join(folder, "audit.log"), plugins: [], ...ports });
});
afterEach(async () => {
  await feed.stop();
  await rm(folder, { recursive: true });
});

function openPage(): Page {
  const page = new Page();
  feed.join(page as unknown as ServerResponse);
  return page;
}

test("a line that cannot be read takes no other with it", async () => {
  const page = openPage();
  await appendFile(join(folder, "audit.log"), line("one") + "{no line\n" + line("two"));
  await expect.poll(() => page.told).toContain('"two"');
  expect(page.told).toContain('"one"');
});

test("a page that does not read is let go", async () => {
  const slow = openPage();
  const page = openPage();
  slow.writableLength = 2 * 1024 * 1024;
  await appendFile(join(folder, "audit.log"), line("one"));
  await expect.poll(() => page.told).toContain('"one"');
  expect(slow.isGone).toBe(true);
  expect(slow.told).not.toContain('"one"');
});
