import { LoadError, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { ask, gateway, isHit, load, MEMORY, question } from "./support.js";

// Another configuration arrives while one is at work: what happens to the table that both name.

const ROUTES = [{ match: { prefix: "/" }, name: "r", cluster: "backend" }];
const SMALL = { cache: { type: "memory", memory: { maxEntries: 64 } } };
const BROKEN = { requireTerminator: "sometimes" };

/** A table with three answers in it, and who put them there. */
async function filled(): Promise<Host> {
  const host = await gateway(MEMORY);
  for (const text of ["one", "two", "three"]) await ask(host, question(text));
  return host;
}

/** All that is in shared data, in order of the keys; keys without a value are left out. */
function values(host: Host): [key: string, value: Uint8Array][] {
  return host.sharedData
    .keys("one")
    .sort()
    .map((key): [string, Uint8Array] => [key, host.sharedData.get(key, "one")!.value])
    .filter(([, value]) => value.length > 0);
}

/** The shapes whose directories or slots hold anything. */
function shapes(host: Host): string[] {
  const found = values(host).map(([key]) => /^aic1\/default\/(\d+x\d+)\//.exec(key)?.[1]);
  return [...new Set(found.filter((shape) => shape !== undefined))];
}

describe("one that is refused leaves the table as it was", () => {
  test.each<[what: string, config: object, reason: string]>([
    ["by an option", { ...SMALL, ...BROKEN }, "requireTerminator: must be one of"],
    [
      "by the vector database",
      { ...SMALL, vector: { type: "nonsense", serviceName: "v.dns" } },
      "vector.type: unknown vector database",
    ],
    [
      "by a rule",
      { ...SMALL, _rules_: [{ _match_route_: ["r"], ...SMALL, cacheKeyStrategy: "none" }] },
      "_rules_[0].cacheKeyStrategy: invalid",
    ],
    [
      "by a rule's table in another size",
      { ...SMALL, _rules_: [{ _match_route_: ["r"], ...MEMORY }] },
      "another part of the configuration has this namespace in another size",
    ],
  ])("%s", async (_what, config, reason) => {
    const host = await filled();
    const before = values(host);
    const error = await gateway(config, { sharedWith: host }).then(null, (e: unknown) => e);
    if (!(error instanceof LoadError)) throw error;
    expect(error.logs.map(({ text }) => text).join("\n")).toContain(reason);
    expect(values(host)).toEqual(before);
    expect(isHit(await ask(host, question("two")))).toBe(true);
    expect(host.metrics.all["ai_cache_memory_entries"]).toBe(3);
    // What was meant is accepted, and makes room for itself.
    const next = await gateway(SMALL, { sharedWith: host });
    await ask(next, question("one"));
    expect(shapes(next)).toEqual(["8x8"]);
    await next.close();
    await host.close();
  });
});

test("one that is accepted empties a table of another size", async () => {
  const host = await filled();
  expect(shapes(host)).toEqual(["128x8"]);
  const next = await gateway(SMALL, { sharedWith: host });
  expect(shapes(next)).toEqual([]);
  expect(isHit(await ask(next, question("two")))).toBe(false);
  expect(isHit(await ask(next, question("two")))).toBe(true);
  expect(shapes(next)).toEqual(["8x8"]);
  await next.close();
  await host.close();
});

test("one of the same size finds what is there", async () => {
  const host = await filled();
  const next = await gateway({ ...MEMORY, cacheHeaders: true }, { sharedWith: host });
  expect(isHit(await ask(next, question("two")))).toBe(true);
  await next.close();
  await host.close();
});

describe("a global part that is refused beside rules", () => {
  const rules = { _rules_: [{ _match_route_: ["r"], ...MEMORY }] };

  test("has no say in the size of their table", async () => {
    const { accepted, lines } = await load({ ...SMALL, ...BROKEN, ...rules });
    expect(lines.join("\n")).toContain("error global config is refused, only rules apply");
    expect(accepted).toBe(true);
    const host = await gateway({ ...SMALL, ...BROKEN, ...rules }, { routes: ROUTES });
    await ask(host, question("q"));
    expect(isHit(await ask(host, question("q")))).toBe(true);
    expect(shapes(host)).toEqual(["128x8"]);
    await host.close();
  });

  test("and empties no table", async () => {
    const host = await filled();
    const config = { ...SMALL, ...BROKEN, ...rules };
    const next = await gateway(config, { sharedWith: host, routes: ROUTES });
    expect(isHit(await ask(next, question("two")))).toBe(false); // of another route
    expect(isHit(await ask(host, question("two")))).toBe(true);
    await next.close();
    await host.close();
  });
});
