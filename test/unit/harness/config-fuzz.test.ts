import { expect, test } from "vitest";
import { fuzz } from "../../harness/src";
import { keyAuth, RESTRICTED } from "../../plugins/key-auth/support";
import { probe } from "./probe";

test("key-auth takes or refuses every mutation, and both happen", async () => {
  const host = (config: string) => ({ plugins: [keyAuth(config)] });
  const { accepted, refused } = await fuzz.config({ config: RESTRICTED, host });
  expect(accepted).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(5);
  expect(accepted + refused).toBe(200);
});

test("a trap is found, and again with the same seed", async () => {
  // The probe traps on any configuration; a mutation only has to reach it.
  const host = (config: string) => ({
    plugins: [{ name: "probe", wasm: probe, config: `configure: trap\nx: ${config}` }],
    strict: "off" as const,
  });
  const run = () => fuzz.config({ config: { a: 1 }, host }, { runs: 5, seed: 9 });
  const first = await run().catch((error: Error) => error.message);
  expect(first).toContain("of seed 9 trapped: Function: proxy_on_configure failed: Uncaught");
  expect(await run().catch((error: Error) => error.message)).toBe(first);
});
