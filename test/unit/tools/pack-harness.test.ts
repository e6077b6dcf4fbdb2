import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packHarness } from "../../../build/tools/pack-harness.js";

const ROOT = ".cache/pack-harness-test";

/** What somebody with npm and no other tool writes. */
const USERS_TEST = `
import assert from "node:assert";
import { test } from "node:test";
import { createHost, upstream } from "proxy-wasm-test";

const wasm = ${JSON.stringify(resolve("build/envoy/key-auth.wasm"))};
const config = { global_auth: true, keys: ["x-api-key"], in_header: true, consumers: [{ name: "a", credential: "k" }] };

test("a packed harness plays a plugin", async () => {
  const host = await createHost({
    plugins: [{ name: "key-auth", wasm, config }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    callTimeoutMs: 2000,
  });
  assert.equal((await host.fetch("http://a.test/v1")).status, 401);
  const answer = await host.fetch("http://a.test/v1", { headers: { "x-api-key": "k" } });
  assert.equal(answer.status, 200);
  assert.equal(answer.upstream[0].path, "/v1");
  await host.close();
});
`;

beforeAll(() => {
  rmSync(ROOT, { recursive: true, force: true });
  mkdirSync(ROOT, { recursive: true });
  packHarness(`${ROOT}/node_modules/proxy-wasm-test`);
  writeFileSync(`${ROOT}/key-auth.test.mjs`, USERS_TEST);
});
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

it("makes a package that plain Node and node:test can use", () => {
  const { status, stdout } = spawnSync(process.execPath, ["--test", "key-auth.test.mjs"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).toContain("pass 1");
  expect(status).toBe(0);
});

it("has declarations beside every entry point", () => {
  const program = `import { createHost, type HostOptions } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
export const options: HostOptions = { plugins: [{ wasm: "a.wasm" }] };
export const made: ReturnType<typeof createHost> = createHost(options);
export const schedule: typeof test.schedule = test.schedule;
`;
  writeFileSync(`${ROOT}/use.ts`, program);
  const flags = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2023",
  ];
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, "use.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
});
