import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ENV, GO, gateway, seen } from "./support.js";

// What `npm run key` prints, pasted into a configuration as it says.

/** Runs the generator. */
function printed(...args: string[]) {
  const script = ["--import", "tsx", "build/tools/new-key.ts"];
  const env = { ...process.env, ...ENV };
  return spawnSync(process.execPath, [...script, ...args], { env, encoding: "utf8" });
}

test.each([["--pepper-env", "KEY_AUTH_PEPPER"], []])(
  "the printed key is good for the printed consumer %s",
  async (...hashed) => {
    const { stdout } = printed("--consumer", "team-a", "--expires", "90d", ...hashed);
    const [, key = "", yaml = ""] = /^ {4}(gw_\w+)\n[^]*?\n((?: {4}.*\n)+)\n*$/m.exec(stdout) ?? [];
    expect(stdout.split(key)).toHaveLength(2);
    const consumers = parse(yaml, { version: "1.1" }) as object[];
    const host = await gateway({ ...GO, consumers }, { startTime: Date.now() });
    expect((await host.fetch("/", { headers: { "x-api-key": key } })).status).toBe(200);
    expect(seen(host)?.get("x-mse-consumer")).toBe("team-a");
    expect((await host.fetch("/", { headers: { "x-api-key": `${key}x` } })).status).toBe(403);
    await host.clock.advance(91 * 86_400_000);
    const late = await host.fetch("/", { headers: { "x-api-key": key } });
    expect(late.details).toBe("key-auth.expired_key");
    await host.close();
  },
);

test.each([
  [["--expires", "soon"], 'expiry "soon": write 2027-01-01, 2027-01-01T00:00:00Z or 90d\n'],
  [["--pepper-env", "NOBODY_SET_THIS"], "NOBODY_SET_THIS is not set\n"],
])("what cannot be made is one line: %j", (args, message) => {
  expect(printed(...args)).toMatchObject({ status: 1, stdout: "", stderr: message });
});
