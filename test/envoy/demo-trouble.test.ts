import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../examples/demo/waiting.js";
import { freePorts } from "../support/ports.js";
import { isAlive, Script } from "../support/process.js";

let folder: string;
let taken: Server;
let takenPort: number;
let ports: Record<"PORT" | "ADMIN_PORT" | "MODEL_PORT" | "PAGE_PORT", string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "demo-"));
  taken = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => taken.once("listening", ready));
  takenPort = (taken.address() as AddressInfo).port;
  const [PORT = "", ADMIN_PORT = "", MODEL_PORT = "", PAGE_PORT = ""] = (await freePorts(4)).map(
    String,
  );
  ports = { PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT };
});
afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true });
});

/** What the demo says when it cannot start: it must be one line, and an error to the shell. */
async function complaint(env: Record<string, string>): Promise<string> {
  const demo = Script.start("examples/demo/start.ts", { ...ports, ...env });
  expect(await demo.ended).toBe(1);
  const lines = demo.err.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  return (lines[0] ?? "").replace(/^\s*✗ /, "");
}

describe("npm start says in one line what is wrong:", () => {
  test.each(["PORT", "ADMIN_PORT", "MODEL_PORT", "PAGE_PORT"])(
    "the port of %s is in use",
    async (variable) => {
      expect(await complaint({ [variable]: String(takenPort) })).toBe(
        `Port ${takenPort} is in use: choose another with ${variable}=<port> npm start.`,
      );
    },
  );

  test.each(["abc", "0", "65536", "80.5", "-1"])("PORT is %s", async (value) => {
    expect(await complaint({ PORT: value })).toBe(
      `PORT must be a port number from 1 to 65535, not "${value}".`,
    );
  });

  test("two ports are the same", async () => {
    expect(await complaint({ PORT: "18080", MODEL_PORT: "18080" })).toBe(
      "PORT and MODEL_PORT are both 18080: choose two different ports.",
    );
  });

  test("ENVOY_BIN names nothing that runs", async () => {
    const ENVOY_BIN = join(folder, "missing");
    expect(await complaint({ ENVOY_BIN })).toBe(
      `ENVOY_BIN (${ENVOY_BIN}) is not an Envoy that runs here.`,
    );
  });

  test("ENVOY_BIN is too old", async () => {
    const ENVOY_BIN = join(folder, "envoy-old");
    const version = "envoy  version: 0123abcd/1.35.9/Clean/RELEASE/BoringSSL";
    writeFileSync(ENVOY_BIN, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
    expect(await complaint({ ENVOY_BIN })).toBe(
      `ENVOY_BIN (${ENVOY_BIN}) is version 1.35.9: set ENVOY_BIN to an Envoy 1.36 or newer.`,
    );
  });
});

test("Ctrl-C while it still starts ends it and what it was waiting for", async () => {
  const ENVOY_BIN = join(folder, "envoy-slow");
  const pidFile = join(folder, "pid");
  const script = `#!/bin/sh\necho $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}\nexec sleep 600\n`;
  writeFileSync(ENVOY_BIN, script, { mode: 0o755 });
  const demo = Script.start("examples/demo/start.ts", { ...ports, ENVOY_BIN });
  expect(await waitUntil(() => Promise.resolve(existsSync(pidFile)), 60_000)).toBe(true);
  demo.kill("SIGINT");
  expect(await demo.ended).toBe(0);
  const isGone = () => Promise.resolve(!isAlive(Number(readFileSync(pidFile, "utf8"))));
  expect(await waitUntil(isGone, 10_000)).toBe(true);
});
